"""Environments in the shapes that trainers other than Gymnasium's ask for.

Each module needs its library, named in an extra of the package, and is imported by whoever has it.
"""
