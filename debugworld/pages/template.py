"""Templates of pages that need nothing but themselves, not even a network."""

from __future__ import annotations

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined


def page_environment(package: str) -> Environment:
    """Returns what renders a package's templates; they may include ``base.css``, the style of all pages."""
    return Environment(
        loader=ChoiceLoader([PackageLoader(package, ""), PackageLoader("debugworld.pages", "")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
