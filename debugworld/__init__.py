"""debugworld: debugging as an action space, over a real and a neural debugger."""

__version__ = "0.1.0"
