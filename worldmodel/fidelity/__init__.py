"""How true a dream is: the fidelity benchmark, its mechanics, sweep and analysis apart.

A `Subject` is what is judged, a `Case` a program with its real run. Measures (`measures`) ask a subject about
a case and return plain records; the `sweep` keeps them on disk, so that it can go on where it was stopped;
`analysis` turns records into a card of cells, each with a count and an interval.
"""

from .exact import ACTIONS, PARTS, SKIPPING, SLACK, Fidelity, Score, measure, parts

__all__ = ["ACTIONS", "PARTS", "SKIPPING", "SLACK", "Fidelity", "Score", "measure", "parts"]
