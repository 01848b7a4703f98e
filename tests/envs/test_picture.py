"""Pictures of scenes: of one shape, drawn from what is visible, good for Gymnasium's videos."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.wrappers import RecordVideo

from debugworld.envs import ENV_IDS, DebugEnv
from debugworld.envs.picture import CELL, SHAPE, picture
from debugworld.sandboxes.debugger import Program

Make = Callable[..., DebugEnv]
pytest.importorskip("PIL", reason="Pillow: pip install 'debugworld[render]'")


@pytest.mark.parametrize("env_id", ENV_IDS)
def test_pictures_have_one_shape_and_change_with_the_state(env_id: str, make: Make) -> None:
    env = make(env_id, render_mode="rgb_array")
    assert env.render() is None
    env.reset(seed=1)
    seen = []
    for _ in range(4):
        drawn = env.render()
        assert isinstance(drawn, np.ndarray)
        assert drawn.shape == SHAPE and drawn.dtype == np.uint8
        seen.append(drawn.tobytes())
        env.step("s" if "Text" in env_id else 0)
    assert len(set(seen)) == 4


def test_the_current_line_and_breakpoints_are_marked(make: Make) -> None:
    env = make("debugworld/OutputPrediction-Text-v0", render_mode="rgb_array")
    env.reset(seed=0, options={"task": 0})
    env.step("b 4")
    env.step("u 2")
    drawn = env.render()
    assert isinstance(drawn, np.ndarray)

    def row(line: int) -> np.ndarray:
        top = (3 + line - 1) * CELL[1]
        return drawn[top : top + CELL[1]]

    yellow = (255, 236, 150)
    assert (row(2)[0, 300] == yellow).all() and not (row(3)[0, 300] == yellow).all()
    red = (row(4)[:, : CELL[0]] == (204, 42, 42)).all(axis=-1)
    assert red.any() and not (row(5)[:, : CELL[0]] == (204, 42, 42)).all(axis=-1).any()


def test_a_long_program_is_drawn_around_the_current_line(make: Make, tmp_path: Path) -> None:
    body = "".join(f"    x = {n}\n" for n in range(150))
    path = tmp_path / "long.py"
    path.write_text(f"def f():\n{body}    return x\n")
    env = make("debugworld/ReachState-Text-v0", tasks=f"file/{path}?call=f()", max_lines=200, max_moves=400,
               render_mode="rgb_array")  # fmt: skip
    env.reset(seed=0)
    for line in (2, 80, 151):
        if env._over:
            env.reset(seed=0)
        env.step(f"u {line}")
        drawn = picture(env.scene)
        assert ((drawn == (255, 236, 150)).all(axis=-1)).any(), f"line {line} is to be seen"


def test_texts_of_any_kind_are_drawn(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "odd.py"
    path.write_text("def f(s):\n\tt = s * 200\n\tprint(t)\n\treturn t\n", "utf-8")
    program = Program(path.read_text(), "f('é✓\\n🎈')")
    env = make("debugworld/OutputPrediction-Text-v0", tasks=f"file/{path}?call={program.call}",
               render_mode="rgb_array")  # fmt: skip
    env.reset(seed=0)
    for word in ("s", "n", "n", "r"):
        env.step(word)
        assert picture(env.scene).shape == SHAPE


def test_gymnasium_makes_a_video(tasks: str, tmp_path: Path) -> None:
    pytest.importorskip("moviepy", reason="moviepy: pip install 'debugworld[video]'")
    options = {"tasks": tasks, "sandbox": "process", "max_moves": 5, "render_mode": "rgb_array"}
    made = gymnasium.make("debugworld/ReachState-Features-v0", **options)
    env = RecordVideo(made, str(tmp_path / "videos"), disable_logger=True)
    env.action_space.seed(0)
    _, info = env.reset(seed=0)
    over = False
    while not over:
        *_, terminated, truncated, info = env.step(env.action_space.sample(mask=info["action_mask"]))
        over = terminated or truncated
    env.close()
    [video] = (tmp_path / "videos").glob("*.mp4")
    assert video.stat().st_size > 1_000
