"""A computation of fixed shapes that is begun at once: on a GPU as one CUDA graph.

A step of a small network on a GPU is hundreds of kernels, each of which is over sooner than the next is
begun. Captured once, all of them are begun together, and read and write where they did when they were
captured: so inputs are copied into tensors that stay.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

_WARMUP = 3
"""Runs before a capture, in which libraries choose and reserve what they need."""


class Replay:
    """A computation, begun at once each time.

    On a device without graphs it is run as it is, from the same tensors.

    Args:
        run: Computes a tensor of the inputs, whose shapes depend on theirs alone; it may change tensors that
            it holds, and does nothing that waits for the device.
        inputs: Of the shapes and on the device of all later ones.
    """

    def __init__(self, run: Callable[..., torch.Tensor], *inputs: torch.Tensor) -> None:
        self._run, self._inputs = run, [each.clone() for each in inputs]
        self._graph: torch.cuda.CUDAGraph | None = None
        self._output: torch.Tensor | None = None
        if all(each.is_cuda for each in inputs):
            self._capture()

    def __call__(self, *inputs: torch.Tensor) -> torch.Tensor:
        """Returns what comes of other inputs; the next call writes over it where there is a graph."""
        for kept, given in zip(self._inputs, inputs, strict=True):
            kept.copy_(given)
        if self._graph is None or self._output is None:
            return self._run(*self._inputs)
        self._graph.replay()
        return self._output

    def _capture(self) -> None:
        beside = torch.cuda.Stream()
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(_WARMUP):
                self._run(*self._inputs)
        torch.cuda.current_stream().wait_stream(beside)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._output = self._run(*self._inputs)
