"""Mutants: bugs made by mutation operators over the programs of any task set.

Needs libcst, which keeps the layout of a program; it is imported where a mutant is made.
"""

from .mutants import Mutants, mutant_set
from .operators import OPERATORS

__all__ = ["OPERATORS", "Mutants", "mutant_set"]
