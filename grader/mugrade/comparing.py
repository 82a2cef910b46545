"""Tells whether a value that was sent is the published one.

The client sends no dtype: numbers are compared as numbers, whether they are written 1 or 1.0.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tolerance:
    """How far a float may be off: `atol + rtol * |published|`.

    Wider than that of our own tests, since float32 on another machine, or on a GPU, adds up in
    another order, and some values are the end of a training run.
    """

    rtol: float = 1e-4
    atol: float = 1e-5


def same(published: Any, sent: Any, tolerance: Tolerance) -> bool:
    """Compare two decoded values: structure and shape exactly, floats within the tolerance."""
    match published:
        case np.ndarray():
            return isinstance(sent, np.ndarray) and _same_arrays(published, sent, tolerance)
        case bool() | str() | None:
            return type(sent) is type(published) and sent == published
        case int() | float():
            return _is_number(sent) and _same_arrays(
                np.asarray(published), np.asarray(sent), tolerance
            )
        case tuple():  # a date or a type
            return isinstance(sent, tuple) and sent == published
        case list():
            return (
                isinstance(sent, list)
                and len(sent) == len(published)
                and all(map(lambda a, b: same(a, b, tolerance), published, sent))
            )
        case dict():
            return (
                isinstance(sent, dict)
                and sent.keys() == published.keys()
                and all(same(published[key], sent[key], tolerance) for key in published)
            )
    return False


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _same_arrays(
    published: np.ndarray[Any, Any], sent: np.ndarray[Any, Any], tolerance: Tolerance
) -> bool:
    if sent.shape != published.shape:
        return False
    if published.size == 0:
        return True
    kinds = published.dtype.kind, sent.dtype.kind
    if kinds[0] == kinds[1] and kinds[0] in "biU":
        return bool((published == sent).all())
    if not set(kinds) <= set("iuf"):
        return False
    want, got = published.astype(np.float64), sent.astype(np.float64)
    return bool((np.abs(got - want) <= tolerance.atol + tolerance.rtol * np.abs(want)).all())
