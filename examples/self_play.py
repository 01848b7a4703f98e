"""Self-play: one agent plants bugs that tests catch, another learns to find them, each paid by the other.

pip install 'debugworld[model,sb3]'

python examples/self_play.py [ROUNDS] [EPISODES] [STEPS] [TASKS] [OUT]: in each of ROUNDS (3) rounds EPISODES
(20) bugs are planted in TASKS (builtin), those that execution proves valid are kept in OUT/ROUND.jsonl
(out/self-play), and the solver goes on learning from STEPS moves (4,000) on them. A bug is worth most where
some attempts of the solver of that round find it and others do not (SSR: Wei et al., 2025, arXiv 2512.18552).
"""

import sys
from pathlib import Path

import gymnasium as gym

from debugworld.agents import PlantingAgent, evaluate, learned_options, run_episode
from debugworld.agents.training import TrainAgentConfig, train_agent
from debugworld.envs import RecordBugs
from debugworld.worldmodel.statistics import mean, rate

words = [*sys.argv[1:], *("3", "20", "4000", "builtin", "out/self-play")[len(sys.argv) - 1 :]]
rounds, episodes, steps, tasks, out = int(words[0]), int(words[1]), int(words[2]), words[3], Path(words[4])
find = "debugworld/FaultLocalization-Features-v0"
box = "process"  # our programs and slips do no harm; others belong in docker
injector, solver = PlantingAgent(), "random"
out.mkdir(parents=True, exist_ok=True)
for number in range(rounds):
    asked = f"debugworld.agents:AgentSolver?agent={solver}"
    env = gym.make(
        "debugworld.envs:debugworld/BugInjection-Text-v0",
        tasks=f"programs/{tasks}",
        sandbox=box,
        solver=asked,
        attempts=4,
        reward="rate",
    )
    bugs = RecordBugs(env, out / f"{number}.jsonl")
    planted = []
    for seed in range(number * episodes, (number + 1) * episodes):
        planted.append(run_episode(bugs, injector, seed))
        injector.learn(planted[-1].reward)
    bugs.close()
    print(
        f"round {number}: {len(bugs)} bugs, worth {mean([each.reward for each in planted]).mean:.2f},",
        f"found by some attempts only: {rate([each.success for each in planted]).mean:.0%};",
        f"best slips: {', '.join(sorted(injector.worth, key=injector.worth.__getitem__)[-3:])}",
    )
    here = {"tasks": bugs.uri, "sandbox": box}
    config = TrainAgentConfig(
        env=find,
        world="real",
        steps=steps,
        seed=number,
        num_envs=8,
        learner={"n_steps": 32, "batch_size": 128},
        init=None if solver == "random" else Path(solver),
        out=out / f"solver-{number}",
        **here,
    )
    before, solver = solver, str(train_agent(config))
    names = [before, solver]
    for told in evaluate(find, names, "real", episodes, **here, **learned_options(solver)):
        print(f"  {told.agent} finds {told.success.mean:.0%} of its bugs, {told.reward.mean:.2f} on average")
