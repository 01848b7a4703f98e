"""Virtual environments of the benchmark's own, for peers whose requirements clash with ours."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from common.machine import version_of

from .peer import PeerMissing

FOLDER = Path(__file__).resolve().parents[2] / "out" / "peers"
REQUIREMENTS = Path(__file__).parent / "requirements"


class Environment:
    """A peer's packages, pinned in ``requirements/NAME.txt``, for one interpreter.

    A second file ``requirements/NAME-alone.txt`` lists packages that are installed without what they require.

    Args:
        name: of the peer.
        python: the interpreter that it is made with.
        install: whether pip may be asked for what is not there yet.
    """

    def __init__(self, name: str, python: str, install: bool = True) -> None:
        self._name, self._python, self._install = name, python, install

    def require(self) -> str:
        """Returns the environment's interpreter, making the environment where it is not there yet.

        Raises:
            PeerMissing: it is not there and may not, or cannot, be installed.
        """
        files = [REQUIREMENTS / f"{self._name}.txt", REQUIREMENTS / f"{self._name}-alone.txt"]
        files = [file for file in files if file.exists()]
        digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
        folder = FOLDER / f"{self._name}-{version_of(self._python)}"
        ready, python = folder / "ready", folder / "bin" / "python"
        if ready.exists() and ready.read_text() == digest:
            return str(python)
        if not self._install:
            raise PeerMissing(f"{folder} is not made yet; run the benchmark without --no-install")
        print(f"installing {self._name} into {folder}", file=sys.stderr, flush=True)
        if folder.exists():
            shutil.rmtree(folder)
        try:
            self._run([self._python, "-m", "venv", str(folder)])
            for file in files:
                alone = ["--no-deps"] if file.stem.endswith("-alone") else []
                self._run([str(python), "-m", "pip", "install", "-q", *alone, "-r", str(file)])
        except subprocess.CalledProcessError as error:
            last = (error.stderr or "").strip().splitlines()[-3:]
            raise PeerMissing(f"{self._name} cannot be installed here: {' '.join(last)}") from None
        ready.write_text(digest)
        return str(python)

    @staticmethod
    def _run(command: list[str]) -> None:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=900)
