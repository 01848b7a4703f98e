"""Names of models: where one is, and how it is asked, as in ``PATH?format=paper&jumps=direct``.

One grammar for everything that takes a model: the command line, environments, subjects of `fidelity`. A
checkpoint of ours says its format itself, so that its name need not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from debugworld.worldmodel.checkpoint import SHIPPED, format_of
from debugworld.worldmodel.direct import Jumps
from debugworld.worldmodel.engines import is_url
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import CODECS, MARKOV
from debugworld.worldmodel.settings import check_settings
from debugworld.worldmodel.thinker import Granularity

OWN_SETTINGS: dict[str, tuple[str, ...]] = {
    "format": (MARKOV,),
    "jumps": tuple(each.value for each in Jumps),
    "granularity": tuple(each.value for each in Granularity),
}
"""What can be set of a model that answers our own questions, and to what."""
SPOKEN_SETTINGS: dict[str, tuple[str, ...]] = {
    "format": tuple(sorted(CODECS)),
    "jumps": (Jumps.ROLLOUT.value, Jumps.DIRECT.value),
}
"""The same of a model that speaks a format."""
_SHIPS = "shipped"
_HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
"""``owner/name``; a path of two parts looks like one, too."""


def how_to_get(where: str | Path) -> str:
    """Returns how a model comes here from the hub, for errors; empty where a name cannot be one there."""
    text = str(where)
    there = _HUB_NAME.fullmatch(text)
    return f"; from the hub: hf download {text} --local-dir DIR, and give DIR" if there else ""


@dataclass(frozen=True)
class ModelName:
    """A name, taken apart.

    Attributes:
        where: a folder, a GGUF file, a server's address, ``shipped``, or a word that a caller knows.
        settings: what stands behind the ``?``, with the format that a checkpoint itself says.
    """

    where: str
    settings: Mapping[str, str]

    @classmethod
    def read(cls, name: str | Path | None) -> ModelName:
        """Takes a name apart; None is the checkpoint that ships.

        A path that exists as it is written has no settings behind it.
        """
        text = str(name or _SHIPS)
        where, _, query = (text, "", "") if Path(text).exists() else text.partition("?")
        own = "" if is_url(where) else format_of(SHIPPED if where == _SHIPS else Path(where))
        told = {"format": own} if own else {}
        return cls(where, told | dict(parse_qsl(query, keep_blank_values=True)))

    @property
    def model(self) -> str | Path | None:
        """What `open_engine` takes: an address with the server's settings, a path, or None for what ships."""
        if is_url(self.where):
            served = urlencode({key: self.settings[key] for key in self.settings if key not in OWN_SETTINGS})
            return f"{self.where}?{served}" if served else self.where
        return None if self.where == _SHIPS else Path(self.where)

    @property
    def speaker(self) -> Path:
        """Where the model is that speaks the format.

        Raises:
            ModelError: it is not there, or is the checkpoint that ships.
        """
        if self.where == _SHIPS:
            raise ModelError(
                f"{_SHIPS} answers our own questions and speaks no format; leave format={self.format} out, "
                "or train a model that speaks it: debugworld train --format"
            )
        path = Path(self.where)
        if not path.exists():
            told = how_to_get(self.where)
            raise ModelError(f"{self.where} is no folder of a model that speaks a format{told}")
        return path

    @property
    def format(self) -> str:
        """The format that it speaks; `MARKOV` for our own questions, which are all that a server is asked."""
        return MARKOV if is_url(self.where) else self.settings.get("format", MARKOV)

    def check(self, known: Mapping[str, Collection[str]]) -> None:
        """Checks the settings, of an address those that are not the server's.

        Raises:
            ModelError: one is unknown, or its value is.
        """
        served = is_url(self.where)
        own = {key: value for key, value in self.settings.items() if key in known or not served}
        check_settings(own, known)
