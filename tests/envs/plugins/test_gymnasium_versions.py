"""Gymnasium's checker is content with every id, of the oldest and of the newest version that is supported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from debugworld.envs import ENV_IDS, MASKED_IDS

OLD = Path(sys.prefix) / "gymnasium-1.2"
CHECK = """
import sys, warnings
warnings.simplefilter("error")
import gymnasium
from gymnasium.utils.env_checker import check_env
print(gymnasium.__version__)
for env_id in sys.argv[1:]:
    env = gymnasium.make("debugworld.envs:" + env_id)
    if "-Masked-" in env_id:  # the wrapper is what is to be checked
        warnings.filterwarnings("ignore", message=".*is different from the unwrapped version")
        check_env(env)
    else:
        check_env(env.unwrapped)
    env.close()
"""


@pytest.mark.slow
@pytest.mark.parametrize("version", ["1.2.0", "newest"])
def test_the_checker_is_content(version: str) -> None:
    paths = os.environ.get("PYTHONPATH", "")
    if version == "1.2.0":
        if not OLD.is_dir():
            pytest.skip(f"gymnasium 1.2: pip install --no-deps --target {OLD} gymnasium==1.2.0")
        paths = os.pathsep.join([str(OLD), paths])
    run = [sys.executable, "-c", CHECK, *ENV_IDS, *MASKED_IDS]
    done = subprocess.run(
        run, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stderr
    assert (done.stdout.splitlines()[0] == "1.2.0") == (version == "1.2.0")
