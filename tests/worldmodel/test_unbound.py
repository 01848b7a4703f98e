"""Names without a value: the shell knows what reading one raises, and only where it is sure."""

from __future__ import annotations

import ast
import random

import pytest

from debugworld.sandboxes import open_sandbox
from debugworld.sandboxes.debugger import Action, ActionKind, Program, ProgramError, RecordedDebugger
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.markov.flow import Flow
from debugworld.worldmodel.markov.unbound import missing, unset
from debugworld.worldmodel.neural import NeuralDebugger

from .evaluates import dreamt

RAISE = {
    "a function that is nowhere": "def f(x):\n    y = foo(x)\n    return y",
    "one branch alone assigns": "def f(x):\n    if x > 5:\n        z = 1\n    return z + x",
    "a sum that never began": "def f(x):\n    for i in range(x):\n        t = t + i\n    return t",
    "a sum that never began, in place": "def f(x):\n    t += x\n    return t",
    "a module by another name": "import math\n\ndef f(x):\n    return maths.sqrt(x)",
    "in a call": "def g(a):\n    return a + count\n\ndef f(x):\n    return g(x)",
    "misspelt built-in": "def f(x):\n    return lenght(str(x))",
    "deleted": "def f(x):\n    del x\n    return x",
    "deleted twice": "def f(x):\n    y = x\n    del y\n    del y",
    "in a comprehension": "def f(x):\n    return [q * k for q in [1, 2]]",
    "in a closure, too early": (
        "def f(x):\n    def h():\n        return w\n    r = h()\n    w = 2\n    return r"
    ),
    "in an f-string": "def f(x):\n    return f'{x} {nope}'",
    "behind and": "def f(x):\n    return x and qq",
    "not behind or": "def f(x):\n    return x or qq",
    "in a method": ("class A:\n    def __init__(self):\n        self.v = vv\n\ndef f(x):\n    return A()"),
    "a module's variable that is local here": (
        "count = 0\n\ndef f(x):\n    count = count + x\n    return count"
    ),
    "raised by its name": "def f(x):\n    if x:\n        raise Wrong('no')\n    return x",
    "raised by its class": "def f(x):\n    if x:\n        raise Wrong\n    return x",
    "an argument": "def g(a, b):\n    return a\n\ndef f(x):\n    return g(x, b=bb)",
    "a variable of another function": (
        "def g():\n    inside = 3\n    return inside\n\ndef f(x):\n    g()\n    return inside"
    ),
}


@pytest.mark.parametrize("name", RAISE)
def test_what_has_no_value_raises_without_a_question(name: str) -> None:
    program = Program(RAISE[name] + "\n", "f(3)")
    trace = record(program)
    states, others = dreamt(program)
    assert others == []
    assert states == [*trace.states, trace.final]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from math import *\ndef f(x):\n    return x + nope\n", "nope"),
        ("def f(x):\n    globals()['nope'] = 3\n    return nope\n", "nope"),
        ("def f(x):\n    exec('nope = 1', globals())\n    return nope\n", "nope"),
        ("def f(x):\n    return g(x)\n\ndef g(x):\n    global nope\n    nope = x\n    return nope\n", "nope"),
        ("if False:\n    nope = 1\n\ndef f(x):\n    return nope\n", "nope"),
        ("def f(x):\n    return __name__\n", "__name__"),
        ("def f(x):\n    with open(x) as nope:\n        pass\n    return nope\n", "nope"),
        ("def f(x):\n    import json as nope\n    return nope\n", "nope"),
        ("def f(x):\n    try:\n        x()\n    except TypeError as nope:\n        return nope\n", "nope"),
        ("def f(x):\n    match x:\n        case [nope, *_]:\n            return nope\n", "nope"),
        ("def f(nope):\n    return nope\n", "nope"),
    ],
)
def test_what_may_have_a_value_is_not_told(source: str, name: str) -> None:
    program = Program(source, "f(3)").check()
    flow = Flow(program)
    scope = flow.by_name["f"]
    neural = NeuralDebugger(None)  # type: ignore[arg-type]
    neural.reset(program)
    assert unset(scope, name) == ""
    assert missing(flow, neural._shell.stack[-1], scope, name) == ""


def test_a_look_at_a_name_without_a_value_raises_as_eval_does() -> None:
    program = Program("def f(x):\n    if x > 5:\n        z = 1\n    return x\n", "f(3)")
    neural = NeuralDebugger(None)  # type: ignore[arg-type]
    with open_sandbox("process", timeout=5.0) as box:
        real = RecordedDebugger(box.record, box.session)
        assert neural.reset(program) == real.reset(program)
        for action in (Action(ActionKind.STEP_INTO), Action(ActionKind.STEP_INTO)):
            assert neural.step(action) == real.step(action)
        for name in ("x", "z", "nope"):
            assert neural.evaluate(name) == real.evaluate(name)


@pytest.mark.parametrize("seed", range(40))
def test_generated_programs_with_a_misspelt_name_are_dreamt_as_they_run(seed: int) -> None:
    """Where only plain expressions are asked about up to there, the dream raises where the run does."""
    made = generate(seed, 1 + seed % 4).program
    tree, rng = ast.parse(made.source), random.Random(seed)
    reads = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    rng.choice(reads).id = "misspelt"
    program = Program(ast.unparse(tree) + "\n", made.call)
    try:
        trace = record(program)
    except ProgramError:  # the module itself does not come to its end
        return
    states, others = dreamt(program)
    told = [state.value for state in states if state.value and "Error" in state.value]
    if not others:
        assert states == [*trace.states, trace.final]
    assert all("misspelt" not in text or "is not defined" in text for text in told)
