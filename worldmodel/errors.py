"""The one error family of the neural side: checkpoints, stores, tokenizers and runs."""

from __future__ import annotations


class ModelError(Exception):
    """A checkpoint, an example store or a training run that cannot be used as asked.

    The text says what was wrong, and what would be right or which command mends it.
    """
