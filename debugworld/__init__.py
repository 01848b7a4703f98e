"""debugworld: debugging as an action space, over a real and a neural debugger.

Importing the package makes `gymnasium.make` know its environments.
"""

from debugworld.envs.registration import register_envs

__version__ = "0.1.0"

register_envs()
