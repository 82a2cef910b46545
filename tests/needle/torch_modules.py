"""PyTorch's counterpart of each module, and how weights correspond."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import needle as ndl
import needle.nn as nn
import numpy as np
import torch
from modes import DTYPE, close

from benchmarks.torch_models import Residual as Residual


class Pair(NamedTuple):
    """A parameter of ours, PyTorch's, and how to bring an array of ours into PyTorch's order."""

    ours: Any
    theirs: torch.Tensor
    arrange: Callable[[np.ndarray], np.ndarray]


def _as_it_is(array: np.ndarray) -> np.ndarray:
    return array


def _recurrent(ours: nn.Module, theirs: torch.nn.Module, suffix: str) -> Iterator[Pair]:
    for name in ("ih", "hh"):
        yield Pair(
            getattr(ours, f"W_{name}"), getattr(theirs, f"weight_{name}{suffix}"), np.transpose
        )
        if getattr(ours, f"bias_{name}") is not None:
            bias = getattr(theirs, f"bias_{name}{suffix}")
            yield Pair(getattr(ours, f"bias_{name}"), bias, _as_it_is)


def pairs(ours: nn.Module, theirs: torch.nn.Module) -> Iterator[Pair]:
    """The parameters of two modules that are built alike."""
    if isinstance(ours, nn.Sequential):
        for a, b in zip(ours.modules, theirs.children(), strict=True):
            yield from pairs(a, b)
    elif isinstance(ours, nn.Residual):
        yield from pairs(ours.fn, theirs.fn)
    elif isinstance(ours, (nn.RNN, nn.LSTM)):
        cells = ours.rnn_cells if isinstance(ours, nn.RNN) else ours.lstm_cells
        for layer, cell in enumerate(cells):
            yield from _recurrent(cell, theirs, f"_l{layer}")
    elif isinstance(ours, (nn.RNNCell, nn.LSTMCell)):
        yield from _recurrent(ours, theirs, "")
    elif hasattr(ours, "weight"):
        arrange = _as_it_is
        if isinstance(ours, nn.Linear):
            arrange = np.transpose
        elif isinstance(ours, nn.Conv):
            arrange = partial(np.transpose, axes=(3, 2, 0, 1))
        yield Pair(ours.weight, theirs.weight, arrange)
        if getattr(ours, "bias", None) is not None:
            yield Pair(ours.bias, theirs.bias, np.ravel)


def copy_weights(
    ours: nn.Module, theirs: torch.nn.Module, dtype: str = DTYPE, seed: int = 0
) -> list[Pair]:
    """Give both the same random parameters, and return them."""
    random = np.random.default_rng(seed)
    found = list(pairs(ours, theirs))
    assert len(found) == len(ours.parameters()) == len(list(theirs.parameters()))
    for parameter, other, arrange in found:
        array = random.uniform(-0.5, 0.5, parameter.shape).astype(dtype)
        parameter.data = ndl.Tensor(array, dtype=dtype)
        with torch.no_grad():
            other.copy_(torch.from_numpy(arrange(array).copy()))
    return found


def compare_gradients(found: list[Pair], scale: float = 1.0) -> None:
    for parameter, other, arrange in found:
        assert parameter.grad.shape == parameter.shape
        close(arrange(parameter.grad.numpy()), other.grad.numpy(), scale)
