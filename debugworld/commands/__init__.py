"""The sub-commands of ``debugworld``, one module each.

A command module defines ``NAME`` (its word on the command line), a docstring
whose first line is its help, ``add_arguments(parser)`` and ``run(args) -> int``,
which returns the exit status. It imports whatever is heavy inside ``run``.
"""
