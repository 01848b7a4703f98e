"""RL in ten lines: train in a dream, check in the real thing."""

from pathlib import Path

from debugworld.agents import evaluate, learned_options
from debugworld.agents.training import TrainAgentConfig, train_agent

config = TrainAgentConfig(
    env="debugworld/ReachState-Features-v0", world="rollout", steps=60_000, out=Path("out/reach")
)
agent = train_agent(config)
for world in ("rollout", "real"):
    for told in evaluate(config.env, ["random", str(agent)], world, episodes=50, **learned_options(agent)):
        print(world, told.agent, f"{told.success.mean:.0%}, in the real run {told.success_real.mean:.0%}")
