"""Runs in debug-gym's environment: drives its LocalEnv and its pdb tool, unchanged, through `env.step`.

debug_gym_driver.py FOLDER START STOP MOVE COUNT READS; the program is FOLDER/program.py. Prints JSON last.
"""

import json
import logging
import sys
from time import perf_counter

from debug_gym.gym.envs.local import LocalEnv
from debug_gym.gym.terminals.local import LocalTerminal
from debug_gym.gym.tools.pdb import PDBTool
from debug_gym.gym.tools.tool import ToolCall
from debug_gym.logger import DebugGymLogger

COMMANDS = {"step_into": "s", "step_over": "n", "continue": "c"}


def main() -> None:
    """Walks and tells."""
    folder, start, stop, move, count, reads = sys.argv[1:]
    logger = DebugGymLogger("debug-gym", level=logging.WARNING)
    environment = LocalEnv(
        folder,
        terminal=LocalTerminal(logger=logger),
        entrypoint="python program.py",
        debug_entrypoint="python -m pdb program.py",
        logger=logger,
    )
    environment.add_tool(PDBTool())
    environment.reset()

    def ask(command: str) -> str:
        call = ToolCall("call", "pdb", {"command": command})
        return str(environment.step(call).step_observation)

    ask(f"tbreak program.py:{start}")
    ask("c")
    ask(f"b program.py:{stop}")
    texts = []
    begin = perf_counter()
    for _ in range(int(count)):
        moved = ask(COMMANDS[move])
        looked = ask("p locals()") if int(reads) else ""
        texts.append((moved, looked))
    seconds = perf_counter() - begin
    environment.close()
    print(json.dumps({"seconds": seconds, "texts": texts}))


if __name__ == "__main__":
    main()
