r"""The inverse question: which arguments could have made a function end like this?

The question holds the function, what it calls, what is known of its arguments, and the
end; no run comes before it. The answer is an argument list, one of many that may be right::

    <f                    the function in question
    def f(s, t):
     return s.count(t)
    t='r'                 an argument that is known
    =2                    what it returned; !Type: message for an exception

"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from debugworld.worldmodel.arguments import ArgumentsGrammar
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.excerpt import Excerpt, Listing
from debugworld.worldmodel.markov.stop import ScopeFlow

TEXT_BYTES = 330
"""Most bytes of program text in a question."""
PROMPT_BYTES = 430
"""Most bytes of a question."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What can be asked about a function's arguments.

    Attributes:
        scope: the function.
        parameters: names of those that are given by position, without ``self``.
        least: how many of them have no default.
        owner: the class, of a method that needs no state of its object; else empty.
    """

    scope: ScopeFlow
    parameters: tuple[str, ...]
    least: int
    owner: str = ""

    @property
    def call(self) -> str:
        """What stands before the argument list of a call."""
        name = self.scope.name.rpartition(".")[2]
        return f"{self.owner}().{name}" if self.owner else name


def signature(listing: Listing, scope: ScopeFlow) -> Signature | None:
    """Returns what a function can be asked; None for one that depends on more than its arguments.

    Those are generators, functions inside others, methods of objects with a state, and functions with
    ``*`` or keyword-only parameters, or none at all.
    """
    if scope.generator or not scope.signature or "<locals>" in scope.name:
        return None
    node = ast.parse(f"def {scope.signature}: pass").body[0]
    assert isinstance(node, ast.FunctionDef)
    arguments = node.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs:
        return None
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    owner = scope.name.rpartition(".")[0]
    if owner:
        stateful = f"{owner}.__init__" in listing.flow.by_name
        if "." in owner or stateful or not names or names[0] != "self":
            return None
        names = names[1:]
    if not names:
        return None
    return Signature(scope, tuple(names), max(len(names) - len(arguments.defaults), 0), owner)


@dataclass(frozen=True, slots=True)
class InverseQuestion:
    """One question.

    Attributes:
        prompt: its text.
        grammar: the answers that it can have.
    """

    prompt: str
    grammar: ArgumentsGrammar


def ask(
    listing: Listing, about: Signature, end: str, raised: bool = False, given: Mapping[str, str] | None = None
) -> InverseQuestion | None:
    """Asks for the arguments of a call.

    Args:
        listing: The texts of the program.
        about: The function.
        end: Text of the returned value, or ``Type: message``.
        raised: Whether the end is an exception.
        given: Texts of the arguments that are known, by parameter.

    Returns:
        The question; None where it does not fit with the whole function.

    Raises:
        ModelError: a given argument is no parameter.
    """
    known = dict(given or {})
    for name in known:
        if name not in about.parameters:
            have = ", ".join(about.parameters)
            raise ModelError(
                f"{about.scope.name} has no parameter {name!r} that can be given; it has: {have}"
            )
    excerpt: Excerpt = listing.excerpt(about.scope, None, TEXT_BYTES, numbered=False)
    lines = [f"<{about.scope.name.rpartition('.')[2]}", *excerpt.lines]
    lines += [f"{name}={text}" for name, text in known.items()]
    lines.append(("!" if raised else "=") + end.replace("\\", "\\\\").replace("\n", "\\n"))
    prompt = "\n".join(lines)
    if not excerpt.complete or len(prompt.encode(errors="replace")) > PROMPT_BYTES:
        return None
    places = {about.parameters.index(name): text for name, text in known.items()}
    return InverseQuestion(prompt, ArgumentsGrammar(about.least, len(about.parameters), places))
