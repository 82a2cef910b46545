"""Strict comparison of an array with the expected one: shape, dtype, then every value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader import feedback

Array = NDArray[Any]


class Mismatch(AssertionError):
    """A result is not the expected one."""

    def __init__(self, text: str, *, category: str) -> None:
        super().__init__(text)
        #: the kind of difference in two words, fit to be shown without the values
        self.category = category


def assert_close(
    actual: object,
    expected: object,
    *,
    rtol: float = 1e-5,
    atol: float = 1e-6,
    dtype: object = None,
    name: str = "",
    finite: bool = True,
    sizes: Mapping[str, int] | None = None,
) -> None:
    """Compare an array with the expected one: exact shape, `dtype` if given, then every value.

    Integers and booleans have to be equal. NaN and infinity are refused unless `finite=False`
    says that the expected array holds some. `sizes` names numbers that values may be too large or
    too small by, as `{"batch size": 8}`.
    """
    __tracebackhide__ = True
    wanted = np.asarray(expected)
    _check_expected(wanted, finite)
    array = _array(actual, name)
    if dtype is None and (array.dtype.kind == "b") != (wanted.dtype.kind == "b"):
        dtype = wanted.dtype
    if array.dtype.kind in "biu" and wanted.dtype.kind in "biu":
        rtol = atol = 0.0
    if _is_close(array, wanted, rtol, atol, dtype):
        return
    found = feedback.describe_mismatch(
        array, wanted, rtol=rtol, atol=atol, dtype=dtype, sizes=sizes
    )
    raise Mismatch(_titled(name, found.text), category=found.category)


def _check_expected(expected: Array, finite: bool) -> None:
    """Refuse an expected array that is not what the test's author meant."""
    if expected.dtype.kind not in "biuf":
        raise TypeError(f"the expected array has dtype {expected.dtype}, which is not numeric")
    if finite and not np.isfinite(expected).all():
        raise ValueError("the expected array holds NaN or infinity: pass finite=False if it should")


def _array(actual: object, name: str) -> Array:
    """Return `actual` as a plain array of numbers; a Tensor or a list is not one."""
    __tracebackhide__ = True
    kind = type(actual).__name__
    if not issubclass(type(actual), (int, float)) and not hasattr(type(actual), "__array__"):
        hint = "call .numpy() on it first" if kind == "Tensor" else "return a NumPy array"
        raise Mismatch(
            _titled(name, f"expected a NumPy array, got {feedback.clip(kind, 60)}: {hint}"),
            category="wrong type",
        )
    array = np.asarray(actual)
    if type(array) is not np.ndarray or array.dtype.kind not in "biuf":
        raise Mismatch(
            _titled(name, f"expected numbers, got an array of dtype {array.dtype}"),
            category="wrong dtype",
        )
    return array


def _is_close(actual: Array, expected: Array, rtol: float, atol: float, dtype: object) -> bool:
    if actual.shape != expected.shape:
        return False
    if dtype is not None and actual.dtype != np.dtype(dtype):  # type: ignore[call-overload]
        return False
    if rtol == atol == 0.0:
        return bool((actual == expected).all())
    got, want = actual.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(want)
    same = (got == want) | (np.isnan(got) & np.isnan(want))
    with np.errstate(invalid="ignore", over="ignore"):
        near = finite & (np.abs(got - want) <= atol + rtol * np.abs(want))
    return bool((same | near).all())


def _titled(name: str, text: str) -> str:
    return f"{feedback.clip(name, 200)}: {text}" if name else text
