"""NumPy functions of student objects: `np.float64(2) * tensor` and `array + tensor` are arithmetic.

NumPy asks the object what to do. Operators run on the student's side as they would in one process;
whatever decides something (comparisons, `isfinite`) is refused. So is arithmetic with an array of
ours: `norm(actual - expected)` would hand the expected values over and believe the difference that
comes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np

#: universal functions that are what an operator calls
_UFUNC_OPERATORS: Final = {
    np.add: "add",
    np.subtract: "sub",
    np.multiply: "mul",
    np.true_divide: "truediv",
    np.floor_divide: "floordiv",
    np.remainder: "mod",
    np.power: "pow",
    np.matmul: "matmul",
    np.negative: "neg",
    np.positive: "pos",
    np.absolute: "abs",
}
_UFUNC_ARITHMETIC: Final = frozenset(
    [
        "exp",
        "log",
        "sqrt",
        "tanh",
        "maximum",
        "minimum",
        "sin",
        "cos",
        "tan",
        "square",
        "reciprocal",
        "sign",
        "log1p",
        "expm1",
        "exp2",
        "log2",
        "log10",
    ]
)


def refuse_arrays(operands: Iterable[Any]) -> None:
    """Refuse arithmetic of a student's object with an array; numbers of any kind may pass."""
    for operand in operands:
        if isinstance(operand, np.ndarray) and operand.size > 1:
            raise TypeError(
                f"Arithmetic of a student's object with an array of shape {operand.shape} would be"
                " done by student code: take the data with `.numpy()` first, or wrap the array."
            )


def forward(
    link: Any, function: Any, method: str, inputs: Iterable[Any], keywords: Mapping[str, Any]
) -> Any:
    """Let the student's side do the arithmetic of a NumPy function; refuse what decides."""
    if method == "__call__" and not keywords:
        inputs = list(inputs)
        refuse_arrays(inputs)
        if function in _UFUNC_OPERATORS:
            return link.request("op", _UFUNC_OPERATORS[function], *inputs)
        if function.__name__ in _UFUNC_ARITHMETIC:
            return link.request("ufunc", function.__name__, method, inputs, {})
    raise TypeError(
        f"np.{function.__name__} of a student's object would be answered by student code: take the"
        " data with `.numpy()` first."
    )
