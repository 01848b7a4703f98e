"""How true is the dream of my model? pip install 'debugworld[model]'.

python examples/fidelity_of_my_model.py [MODEL] [PROGRAMS]: MODEL is the folder of a checkpoint, the address
of a server, or shipped (the default); it is held against a copy of the last state and the source alone,
on PROGRAMS generator programs (12) that no training draws, seed 0.
"""

import sys

from debugworld.envs import load_task_set
from debugworld.sandboxes import open_sandbox
from debugworld.worldmodel.fidelity.analysis import card
from debugworld.worldmodel.fidelity.log import Log
from debugworld.worldmodel.fidelity.subjects import open_subject
from debugworld.worldmodel.fidelity.sweep import Settings, sweep

model = sys.argv[1] if len(sys.argv) > 1 else "shipped"
count = int(sys.argv[2]) if len(sys.argv) > 2 else 12
tasks = f"generated/{1 << 30}/{count}"
programs = [(program, None) for program in load_task_set(tasks).programs]
settings = Settings(seed=0, measures=("forced",))
with open_sandbox("process", max_events=400) as box:
    for name in (model, "copy", "static"):
        subject = open_subject(name, box)
        log = Log(None, {})
        found = card(subject, tasks, log, settings, sweep(subject, programs, box, log, settings))
        print(f"\n{subject.name}: exact states, teacher-forced, with 95 % intervals")
        for action, told in found["forced"]["actions"].items():
            exact = told["exact"]
            low, high = (f"{exact[end]:.1%}" for end in ("low", "high"))
            print(f"  {action:14} {exact['mean']:6.1%} [{low}, {high}] of {exact['count']}")
