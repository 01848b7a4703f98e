"""The URIs that name task sets and bug sets: ``SCHEME/PATH?OPTION=VALUE&...``."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from .errors import TaskError

_FORM = re.compile(r"([^/?]*)/?(.*?)(?:\?(\w+=.*))?", re.DOTALL)
_COUNTED = re.compile(r"([0-9]+)(?:/([1-9][0-9]*))?")
DEFAULT_COUNT = 256
"""How many tasks a generator makes where its URI does not say."""


@dataclass(frozen=True)
class TaskUri:
    """A URI in its parts.

    A ``?`` begins the options only before a word and ``=``, so that paths may have
    question marks. Values are percent-decoded; a ``+`` stays a plus.
    """

    text: str
    """As written."""
    scheme: str
    """What stands before the first slash."""
    path: str
    """What stands between it and the options; an absolute path keeps its slash."""
    query: str
    """The options as written, without the question mark."""
    options: dict[str, str] = field(compare=False)
    """The options read."""

    @staticmethod
    def parse(text: str, schemes: Collection[str], what: str, forms: Collection[str]) -> TaskUri:
        """Reads a URI.

        Args:
            text: the URI.
            schemes: those that there are.
            what: what it names, for error texts.
            forms: how such URIs are written, likewise.

        Raises:
            TaskError: the scheme is unknown, or no file can be called so.
        """
        if not isinstance(text, str) or "\0" in text:
            raise TaskError(f"the URI of a {what} is a text without null bytes; got {text!r}")
        match = _FORM.fullmatch(text)
        scheme, path, query = match.groups(default="") if match else ("", "", "")
        if scheme not in schemes:
            raise TaskError(
                f"{text!r} names no {what}; a URI begins with one of: {', '.join(schemes)}"
                f"; the forms are: {', '.join(forms)}"
            )
        try:
            pairs = parse_qsl(
                query.replace("+", "%2B"), keep_blank_values=True, strict_parsing=True, errors="strict"
            )
        except (ValueError, UnicodeDecodeError):
            pairs = []
        return TaskUri(text, scheme, path, query, dict(pairs))

    def only(self, *known: str) -> TaskUri:
        """Returns the URI itself, checked to have no option but these.

        Raises:
            TaskError: it has another one, or one twice, or one that cannot be read.
        """
        allowed = "; there are: " + ", ".join(known) if known else "; this form takes none"
        unknown = sorted(self.options.keys() - set(known))
        if unknown:
            raise TaskError(f"{self.text!r} has no option {', '.join(map(repr, unknown))}{allowed}")
        if len(self.options) != (self.query.count("&") + 1 if self.query else 0):
            raise TaskError(
                f"{self.text!r}: the options {self.query!r} cannot be read; write name=value, "
                f"each name once, joined by & (an & inside a value is %26){allowed}"
            )
        return self

    def seed_and_count(self) -> tuple[int, int]:
        """Returns the seed and the count of ``SEED[/COUNT]``.

        Raises:
            TaskError: the path is something else.
        """
        match = _COUNTED.fullmatch(self.path)
        if not match:
            form = f"{self.scheme}/SEED or {self.scheme}/SEED/COUNT"
            raise TaskError(
                f"{self.text!r} does not say which tasks; use {form}, as in {self.scheme}/0/100 (numbers)"
            )
        return int(match[1]), int(match[2] or DEFAULT_COUNT)

    def choose(self, option: str, known: Collection[str], default: str = "") -> str:
        """Returns an option that must be one of some words; the default where it is not there.

        Raises:
            TaskError: it is another one, or empty.
        """
        value = self.options.get(option)
        if value is None:
            return default
        if value not in known:
            raise TaskError(
                f"{self.text!r}: {option}={value!r} is not known; {option} is one of: {', '.join(known)}"
            )
        return value
