"""What the tests of NDArrays share."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np


class View(NamedTuple):
    """A part of an array, and all of it."""

    array: Any
    memory: Any


def expect(array: Any, expected: Any, rtol: float = 0.0, atol: float = 0.0) -> None:
    """Compare shape and elements; exactly, unless a tolerance is given."""
    expected = np.asarray(expected, dtype="float32")
    assert array.shape == expected.shape
    np.testing.assert_allclose(array.numpy(), expected, rtol=rtol, atol=atol)


def strided_views(
    nd: ModuleType, device: Any, seed: int, memory: bool = False
) -> Iterator[tuple[Any, Any]]:
    """Yield arrays of rank 0 to 7, viewed in random ways, and the same views by NumPy.

    With `memory`, each comes with the array that it shows, and shows no element twice.
    """
    random = np.random.default_rng(seed)
    for rank in range(8):
        longest = (1, 300, 70, 20, 9, 6, 4, 4)[rank]
        shape = tuple(int(n) for n in random.integers(1, longest + 1, rank))
        whole = random.standard_normal(shape).astype("float32")
        array = nd.array(whole, device=device)
        view, shown = array, whole
        for _ in range(4):
            kinds = 2 if memory else 3
            view, shown = _viewed(random, view, shown, int(random.integers(kinds)))
        yield (View(view, array), View(shown, whole)) if memory else (view, shown)


def _viewed(random: np.random.Generator, view: Any, shown: Any, kind: int) -> tuple[Any, Any]:
    if kind == 0:
        axes = tuple(int(axis) for axis in random.permutation(shown.ndim))
        return view.permute(axes), shown.transpose(axes)
    if kind == 1:
        slices = tuple(_slice(random, size) for size in shown.shape)
        return view[slices], shown[(*slices, ...)]
    if shown.size > 20_000:
        return view, shown
    shape = tuple(int(random.integers(1, 5)) if n == 1 else n for n in shown.shape)
    return view.broadcast_to(shape), np.broadcast_to(shown, shape)


def _slice(random: np.random.Generator, size: int) -> slice:
    start = int(random.integers(0, (size + 1) // 2))
    return slice(start, int(random.integers(start + 1, size + 1)), int(random.integers(1, 4)))
