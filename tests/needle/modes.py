"""What the tests of both backends share: the type to compute in, and how close results are."""

from __future__ import annotations

import os
from typing import Any

import needle as ndl
import numpy as np

#: `nd` knows float32 only
ND = os.environ.get("NEEDLE_BACKEND") == "nd"
DTYPE = "float32" if ND else "float64"


def tensor(array: Any, **options: Any) -> ndl.Tensor:
    """A tensor in the type that the backend computes in best."""
    return ndl.Tensor(np.asarray(array, dtype=DTYPE), dtype=DTYPE, **options)


def close(actual: Any, expected: Any, scale: float = 1.0) -> None:
    """Compare; `scale` is how much rounding the computation gathers, 1 for a layer."""
    tolerance = (2e-5 if ND else 1e-9) * scale
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


def draws(*shape: int, seed: int = 0) -> np.ndarray:
    """Random numbers, the same ones in each call, in the precision of `DTYPE`."""
    return np.random.default_rng(seed).standard_normal(shape).astype(DTYPE)
