"""RL in ten lines: train in a dream, check in the real thing, on programs that were not trained on.

pip install 'debugworld[model,sb3]'

python examples/rl_in_ten_lines.py [STEPS] [TASKS] [MODEL]: it learns from STEPS moves (60,000) in what MODEL
(shipped) dreams of the train split of TASKS (generated/0/200), and is compared on the test split.
"""

import sys
from pathlib import Path

from debugworld.agents import evaluate, learned_options
from debugworld.agents.training import TrainAgentConfig, train_agent

steps, tasks, model = [*sys.argv[1:], *("60000", "generated/0/200", "shipped")[len(sys.argv) - 1 :]]
here = {"model": model, "sandbox": "process"}  # our generator's programs do no harm; others belong in docker
config = TrainAgentConfig(steps=int(steps), tasks=f"{tasks}?split=train", out=Path("out/reach"), **here)
agent = train_agent(config)
names, options = ["random", str(agent)], {"tasks": f"{tasks}?split=test", **here, **learned_options(agent)}
for world in ("rollout", "real"):
    for told in evaluate(config.env, names, world, episodes=50, **options):
        print(world, told.agent, f"{told.success.mean:.0%}, in the real run {told.success_real.mean:.0%}")
