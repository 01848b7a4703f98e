"""Keeps transformers from telling, on a small model, what matters for large ones."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from transformers.utils import logging as transformers_logging


class _NotSlow(logging.Filter):
    """Drops the advice to install GPU kernels for short convolutions: on a CPU there are none."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "reference PyTorch implementation" not in record.getMessage()


def drop_kernel_advice() -> None:
    """Drops that advice from now on."""
    logging.getLogger("transformers.integrations.hub_kernels").addFilter(_ADVICE)


@contextmanager
def without_bars() -> Iterator[None]:
    """Hides progress bars of transformers that live for milliseconds."""
    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            transformers_logging.enable_progress_bar()


_ADVICE = _NotSlow()
