"""What is wrong with an array, in words: shape and dtype first, then values, then a guess.

A guess is made only when it explains every value: a wrong hint costs more time than none.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Floats = NDArray[np.float64]

#: no explanation is longer, whatever the arrays hold
TEXT_LIMIT = 1_500
#: arrays beyond this size get no guess: trying them all takes too long
GUESS_SIZE = 1_000_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why an array is not the expected one."""

    #: "wrong shape", "wrong dtype", "not finite" or "wrong value"
    category: str
    #: all that is known, the guess included
    text: str
    #: one sentence about the likely cause; empty when nothing fits
    guess: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Pair:
    """Two arrays in double precision, and how close is close enough."""

    actual: Floats
    expected: Floats
    rtol: float
    atol: float
    #: names of sizes that factors are compared with, such as {"batch size": 8}
    sizes: Mapping[str, int]

    def same(self, actual: Floats, expected: Floats) -> bool:
        """Tell whether two arrays agree in shape and, within the tolerance, in every value."""
        return actual.shape == expected.shape and bool(
            np.all(np.abs(actual - expected) <= self.atol + self.rtol * np.abs(expected))
        )


def describe_mismatch(
    actual: Array,
    expected: Array,
    *,
    rtol: float,
    atol: float,
    dtype: object = None,
    sizes: Mapping[str, int] | None = None,
) -> Explanation:
    """Explain how `actual` differs from `expected`; `dtype` is the required one, if any."""
    with np.errstate(all="ignore"):
        return _describe(actual, expected, rtol, atol, dtype, sizes or {})


def _describe(
    actual: Array,
    expected: Array,
    rtol: float,
    atol: float,
    dtype: object,
    sizes: Mapping[str, int],
) -> Explanation:
    pair = _Pair(
        actual=np.asarray(actual, dtype=np.float64),
        expected=np.asarray(expected, dtype=np.float64),
        rtol=rtol,
        atol=atol,
        sizes=sizes,
    )
    if actual.shape != expected.shape:
        return _explain(
            "wrong shape",
            [f"shape {actual.shape}, expected {expected.shape} (dtype {actual.dtype})"],
            _guess(_SHAPE_GUESSES, pair),
        )
    if dtype is not None and actual.dtype != np.dtype(dtype):  # type: ignore[call-overload]
        return _explain(
            "wrong dtype",
            [f"dtype {actual.dtype}, expected {np.dtype(dtype)} (shape {actual.shape} is right)"],  # type: ignore[call-overload]
            _dtype_guess(actual.dtype, np.dtype(dtype)),  # type: ignore[call-overload]
        )
    heading = f"shape {actual.shape} and dtype {actual.dtype} are right"
    astray = _astray(pair)
    if astray.any():
        return _explain("not finite", [heading, _not_finite(pair, astray)], "")
    return _explain("wrong value", [heading, *_value_lines(pair)], _guess(_VALUE_GUESSES, pair))


def _explain(category: str, lines: list[str], guess: str) -> Explanation:
    if guess:
        lines = [*lines, f"guess: {guess}"]
    return Explanation(category=category, text=clip("\n".join(lines)), guess=clip(guess))


def clip(text: str, limit: int = TEXT_LIMIT) -> str:
    """Return `text`, cut to `limit` characters."""
    return text if len(text) <= limit else text[: limit - 3] + "..."


# -- values ----------------------------------------------------------------------------


def _astray(pair: _Pair) -> NDArray[np.bool_]:
    """Mark NaN and infinity where the expected array has something else."""
    same = (pair.actual == pair.expected) | (np.isnan(pair.actual) & np.isnan(pair.expected))
    return np.asarray(~np.isfinite(pair.actual) & ~same)


def _not_finite(pair: _Pair, astray: NDArray[np.bool_]) -> str:
    first = tuple(int(i) for i in np.argwhere(astray)[0])
    return (
        f"{_count(astray)} not finite, the first at {_place(first)}: got "
        f"{pair.actual[first]}, expected {_number(pair.expected[first])}"
    )


def _value_lines(pair: _Pair) -> list[str]:
    finite = np.isfinite(pair.actual) & np.isfinite(pair.expected)
    error = np.zeros(pair.actual.shape)
    error[finite] = np.abs(pair.actual[finite] - pair.expected[finite])
    error[~finite & np.isfinite(pair.actual)] = np.inf
    allowed = pair.atol + pair.rtol * np.abs(np.where(finite, pair.expected, 0.0))
    wrong = (error > allowed) | ((error > 0) & (allowed == 0))
    excess = error / np.maximum(allowed, np.finfo(np.float64).tiny)
    worst = tuple(int(i) for i in np.unravel_index(int(np.argmax(excess)), error.shape))
    scale = np.abs(np.where(finite, pair.expected, np.inf))
    relative = np.max(error[scale > 0] / scale[scale > 0], initial=0.0)
    return [
        f"{_count(wrong)} wrong, the worst at {_place(worst)}: got "
        f"{_number(pair.actual[worst])}, expected {_number(pair.expected[worst])}",
        f"largest absolute error {_number(error.max())}, largest relative error "
        f"{_number(relative)} (allowed: {pair.atol:g} + {pair.rtol:g} * |expected|)",
    ]


def _count(marked: NDArray[np.bool_]) -> str:
    if marked.size == 1:
        return "the value is"
    return f"{int(marked.sum())} of {marked.size} values are"


def _place(index: tuple[int, ...]) -> str:
    return "[" + ", ".join(map(str, index)) + "]" if index else "[()]"


def _number(value: object) -> str:
    return f"{float(value):.7g}"  # type: ignore[arg-type]


# -- guesses ---------------------------------------------------------------------------


def _guess(guesses: tuple[Callable[[_Pair], str | None], ...], pair: _Pair) -> str:
    """Return the first guess that fits, or nothing."""
    if not _tells(pair):
        return ""
    return next((text for guess in guesses if (text := guess(pair))), "")


def _tells(pair: _Pair) -> bool:
    """Tell whether agreement could not be chance: values present, finite, above the tolerance."""
    sizes = pair.actual.size, pair.expected.size
    return (
        min(sizes) > 0
        and max(sizes) <= GUESS_SIZE
        and bool(np.isfinite(pair.actual).all() and np.isfinite(pair.expected).all())
        and bool(np.abs(pair.expected).max() > 100 * pair.atol)
    )


def _varied(array: Floats) -> bool:
    """Tell whether there are enough different values for their order to mean something."""
    return array.size >= 3 and np.unique(array).size >= 3


def _dtype_guess(actual: np.dtype[Any], expected: np.dtype[Any]) -> str:
    if actual == np.float64 and expected == np.float32:
        return (
            "float64 leaked in: a NumPy float64 scalar or array turns float32 into float64, "
            "a Python number does not"
        )
    return ""


def _swaps(array: Floats) -> Iterator[tuple[int, int, Floats]]:
    for i, j in itertools.combinations(range(min(array.ndim, 6)), 2):
        yield i, j, np.swapaxes(array, i, j)


def _transposed(pair: _Pair) -> str | None:
    if not _varied(pair.expected):
        return None
    for i, j, swapped in _swaps(pair.actual):
        if min(pair.actual.shape[i], pair.actual.shape[j]) > 1 and pair.same(
            swapped, pair.expected
        ):
            return f"transposed: with axes {i} and {j} swapped it is right"
    return None


def _reshaped(pair: _Pair) -> str | None:
    if not _varied(pair.expected):
        return None
    for i, j, swapped in _swaps(pair.expected):
        moved = min(pair.expected.shape[i], pair.expected.shape[j]) > 1
        if moved and pair.same(pair.actual, swapped.reshape(pair.expected.shape)):
            return f"reshaped where axes {i} and {j} have to be swapped (transposed)"
    return None


def _axes_of_one(pair: _Pair) -> str | None:
    if pair.actual.size != pair.expected.size:
        return None
    if not pair.same(pair.actual.reshape(-1), pair.expected.reshape(-1)):
        return None
    without = [tuple(n for n in a.shape if n != 1) for a in (pair.actual, pair.expected)]
    if without[0] != without[1]:
        return "the values and their order are right, only a reshape is missing"
    more = pair.actual.ndim - pair.expected.ndim
    word = "too many" if more > 0 else "missing" if more < 0 else "in the wrong place"
    return f"the values are right: axes of size 1 are {word}"


def _not_summed(pair: _Pair) -> str | None:
    """The gradient of a broadcast input: axes that were added or stretched have to be summed."""
    target = (1,) * (pair.actual.ndim - pair.expected.ndim) + pair.expected.shape
    if pair.actual.ndim < pair.expected.ndim:
        return None
    axes = tuple(
        axis
        for axis, (have, want) in enumerate(zip(pair.actual.shape, target, strict=True))
        if want == 1 and have != 1
    )
    summed = pair.actual.sum(axis=axes, keepdims=True)
    if (
        axes
        and summed.shape == target
        and pair.same(summed.reshape(pair.expected.shape), pair.expected)
    ):
        return f"the sum over {_axes(axes)} is missing (the axes along which it was broadcast)"
    return None


def _subsets(array: Floats) -> Iterator[tuple[int, ...]]:
    axes = range(min(array.ndim, 5))
    for count in range(1, len(axes) + 1):
        yield from itertools.combinations(axes, count)


_REDUCTIONS: tuple[tuple[str, Callable[..., Any]], ...] = (("sum", np.sum), ("mean", np.mean))


def _not_reduced(pair: _Pair) -> str | None:
    for axes in _subsets(pair.actual):
        for word, reduce in _REDUCTIONS:
            for keep in (False, True):
                if pair.same(reduce(pair.actual, axis=axes, keepdims=keep), pair.expected):
                    return f"not reduced: its {word} over {_axes(axes)} is right"
    return None


def _over_reduced(pair: _Pair) -> str | None:
    if not _varied(pair.expected):
        return None
    for axes in _subsets(pair.expected):
        for word, reduce in _REDUCTIONS:
            for keep in (False, True):
                if pair.same(pair.actual, reduce(pair.expected, axis=axes, keepdims=keep)):
                    return f"reduced too far: the {word} of the right values over {_axes(axes)}"
    return None


def _repeated(pair: _Pair) -> str | None:
    """The right values broadcast to a larger shape, or `(n,)` met `(n, 1)`."""
    actual, expected = pair.actual, pair.expected
    if actual.size <= expected.size:
        return None
    try:
        stretched = np.broadcast_to(expected, actual.shape)
    except ValueError:
        stretched = None
    if stretched is not None and pair.same(actual, stretched):
        return "the right values, repeated: something was broadcast to a larger shape"
    n = expected.size
    if n >= 3 and actual.shape == (n, n) and pair.same(np.diagonal(actual), expected.reshape(n)):
        return (
            f"only its diagonal is right: shapes ({n},) and ({n}, 1) were broadcast to ({n}, {n})"
        )
    return None


def _zeros(pair: _Pair) -> str | None:
    if pair.actual.any() or np.abs(pair.expected).max() <= 100 * pair.atol:
        return None
    return "all values are zero" if pair.actual.size > 1 else "the value is zero"


def _sign(pair: _Pair) -> str | None:
    return "the sign is flipped" if pair.same(-pair.actual, pair.expected) else None


def _factor(pair: _Pair) -> str | None:
    actual, expected = pair.actual, pair.expected
    factor = float((actual * expected).sum() / (expected * expected).sum())
    scale = abs(factor)
    if scale < 1e-6 or not _proportional(pair, factor):
        return None
    every = "every value is" if actual.size > 1 else "the value is"
    sign = ", with the sign flipped" if factor < 0 else ""
    for whole, times, cause in (
        (scale, "{} times", "a division by it is missing"),
        (1 / scale, "1/{} of", "it was divided by once too often"),
    ):
        if (n := round(whole)) >= 2 and math.isclose(whole, n, rel_tol=10 * pair.rtol):
            name = _size_name(pair, n)
            why = f"; {n} is the {name}: {cause}" if name else ""
            return f"{every} {times.format(n)} the expected one{sign}{why}"
    if expected.size < 3:
        return None
    return f"every value is {factor:.6g} times the expected one"


def _proportional(pair: _Pair, factor: float) -> bool:
    """Tell whether one factor explains all; a single round number could be chance."""
    if pair.expected.size < 3 and bool((pair.expected * 64 % 1 == 0).all()):
        return False
    error = np.abs(pair.actual - factor * pair.expected)
    allowed = abs(factor) * pair.rtol * np.abs(pair.expected) + min(1, abs(factor)) * pair.atol
    return bool((error <= allowed).all())


def _size_name(pair: _Pair, n: int) -> str:
    """Return what has the size `n`, if only one thing has."""
    names = [name for name, size in pair.sizes.items() if size == n]
    return names[0] if len(names) == 1 else ""


def _shifted(pair: _Pair) -> str | None:
    for axis in range(pair.expected.ndim):
        size = pair.expected.shape[axis]
        if size < 3:
            continue
        actual, expected = np.moveaxis(pair.actual, axis, 0), np.moveaxis(pair.expected, axis, 0)
        if not _varied(expected[1:-1]) and not _varied(expected[1:].reshape(-1)):
            continue
        if np.unique(expected, axis=0).shape[0] < size:
            continue
        if pair.same(actual[1:], expected[:-1]):
            return f"shifted by one along axis {axis}: index i holds what belongs to i - 1"
        if pair.same(actual[:-1], expected[1:]):
            return f"shifted by one along axis {axis}: index i holds what belongs to i + 1"
    return None


def _reversed(pair: _Pair) -> str | None:
    if not _varied(pair.expected):
        return None
    for axis in range(pair.expected.ndim):
        if pair.same(np.flip(pair.actual, axis), pair.expected):
            return f"reversed along axis {axis}"
    return None


def _offset(pair: _Pair) -> str | None:
    difference = pair.actual - pair.expected
    offset = float(difference.mean())
    if not _varied(pair.expected) or not pair.same(pair.actual - offset, pair.expected):
        return None
    return f"every value is off by the same {offset:.6g}"


def _axes(axes: tuple[int, ...]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {axes}"


_SHAPE_GUESSES = (
    _axes_of_one,
    _transposed,
    _not_summed,
    _repeated,
    _not_reduced,
    _over_reduced,
)
_VALUE_GUESSES = (
    _zeros,
    _sign,
    _transposed,
    _reshaped,
    _factor,
    _shifted,
    _reversed,
    _offset,
)
