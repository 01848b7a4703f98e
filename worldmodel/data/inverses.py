"""Examples of inverse questions: the calls of a recorded run, asked from their ends."""

from __future__ import annotations

import random
from collections.abc import Iterator

from debugworld.sandboxes.debugger import Event, ExitCode, Program, StateTree, Trace
from debugworld.worldmodel.arguments import accepts, is_literal
from debugworld.worldmodel.excerpt import Listing
from debugworld.worldmodel.inverse_question import ask, signature

PER_RUN = 4
"""Questions made of one run."""
LONGEST_END = 100
"""Most characters of the value or exception that a question begins from."""
LONGEST_ANSWER = 120
"""Most characters of an argument list."""
KEEP_TRIVIAL = 0.3
"""Share of the calls that are kept whose end nearly any arguments might have."""
GIVEN = 0.25
"""Share of the questions of functions with several parameters in which one is known."""
_TRIVIAL = frozenset(["True", "False", "0", "1", "-1", "[]", "''", "{}", "()", "0.0", "set()"])


def inverses_of(
    program: Program, trace: Trace, seed: int = 0, most: int = PER_RUN
) -> Iterator[tuple[str, str]]:
    """Yields (question, argument list) for some calls of a run.

    Left out are calls that returned None, whose texts are too long, that did not end, or whose functions
    depend on more than arguments that are literals.

    Args:
        program: The program of the run.
        trace: The run.
        seed: Of the draw of calls and known arguments, together with the program.
        most: Most questions.
    """
    states = trace.states
    calls = [n for n, state in enumerate(states) if state.event is Event.CALL and state.depth]
    if not calls:
        return
    tree = StateTree([*states, trace.final])
    listing = Listing(program)
    choose = random.Random(f"inverses {seed} {program.digest}")
    choose.shuffle(calls)
    seen: set[str] = set()
    for index in calls:
        if len(seen) >= most:
            return
        end = tree.end_of(index)
        if trace.exit.code is ExitCode.NEVER and end >= len(states) - 1:
            continue
        state, last = states[index], states[end]
        raised = last.event is Event.EXCEPTION
        scope = listing.flow.scope(state.function, state.line)
        about = signature(listing, scope) if scope is not None else None
        if about is None or last.value is None or last.event not in (Event.RETURN, Event.EXCEPTION):
            continue
        if last.value == "None" and not raised or len(last.value) > LONGEST_END:
            continue
        if last.value in _TRIVIAL and choose.random() >= KEEP_TRIVIAL:
            continue
        texts = [state.locals.get(name, "") for name in about.parameters]
        answer = ", ".join(texts)
        if len(answer) > LONGEST_ANSWER or not all(map(is_literal, texts)):
            continue
        given = {}
        if len(texts) > 1 and choose.random() < GIVEN:
            number = choose.randrange(len(texts))
            given = {about.parameters[number]: texts[number]}
        question = ask(listing, about, last.value, raised, given)
        if question is None or question.prompt in seen or not accepts(question.grammar, answer):
            continue
        seen.add(question.prompt)
        yield question.prompt, answer
