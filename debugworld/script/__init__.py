"""A script of actions and what a debugger answered: behind ``debugworld run``.

The command only ties these together: `arguments` and `box` make the program and its box out of words,
`backend` opens a debugger, `step` does an action and keeps the answer, `transcript` tells it to people,
`output` writes files.
"""
