"""Loaders of public collections, each in the shape in which its authors publish it.

Nothing of a collection ships here: rows come through Hugging Face's ``datasets`` or
from the user's own copy. What cannot be turned into a task is left out and counted by
reason, never dropped in silence.
"""
