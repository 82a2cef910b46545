"""Operations on every element by itself: with an array, with a number, and alone."""

import devices
import numpy as np
from grader.testing import assert_close, on_student_side

#: what an expression of `a`, `b` (arrays) and `s` (a number) means
DEFINITIONS = {
    "a + b": lambda a, b, s: a + b,
    "a * b": lambda a, b, s: a * b,
    "a / b": lambda a, b, s: a / b,
    "a - b": lambda a, b, s: a - b,
    "a.maximum(b)": lambda a, b, s: np.maximum(a, b),
    "a == b": lambda a, b, s: a == b,
    "a >= b": lambda a, b, s: a >= b,
    "a != b": lambda a, b, s: a != b,
    "a > b": lambda a, b, s: a > b,
    "a < b": lambda a, b, s: a < b,
    "a <= b": lambda a, b, s: a <= b,
    "a + s": lambda a, b, s: a + s,
    "a * s": lambda a, b, s: a * s,
    "a / s": lambda a, b, s: a / s,
    "a - s": lambda a, b, s: a - s,
    "s - a": lambda a, b, s: s - a,
    "a ** s": lambda a, b, s: np.power(a, s),
    "a.maximum(s)": lambda a, b, s: np.maximum(a, s),
    "a == s": lambda a, b, s: a == s,
    "a >= s": lambda a, b, s: a >= s,
    "a.log()": lambda a, b, s: np.log(a),
    "a.exp()": lambda a, b, s: np.exp(a),
    "a.tanh()": lambda a, b, s: np.tanh(a),
    "-a": lambda a, b, s: -a,
}


@on_student_side
def evaluate(name, expressions, a, b, s, transposed, dirty):
    """Evaluate expressions of two arrays, which may lie in memory with their axes swapped."""
    from needle import backend_ndarray as nd

    device = getattr(nd, name)()
    operands = []
    for data in (a, b):
        array = nd.array(np.ascontiguousarray(data.T) if transposed else data, device=device)
        if transposed:
            array = nd.NDArray.make(data.shape, array.strides[::-1], device, array._handle)
        operands.append(array)
    found = []
    for expression in expressions:
        dirty(nd, device, a.size)
        result = eval(expression, {"a": operands[0], "b": operands[1], "s": s})
        found.append((result.dtype, result.numpy(), str(result.device)))
    return found, [operand.numpy() for operand in operands]


def check(device, expressions, a, b=None, s=0.0, transposed=False, rtol=1e-5, atol=1e-6):
    """Compare expressions with their definitions, which are computed in float64."""
    devices.require(device)
    a = np.asarray(a, np.float32)
    b = np.ones_like(a) if b is None else np.asarray(b, np.float32)
    found, operands = evaluate(device, list(expressions), a, b, s, transposed, devices.dirty)
    for expression, (dtype, got, where) in zip(expressions, found, strict=True):
        # the backends take numbers as float32
        number = float(np.float32(s))
        with np.errstate(all="ignore"):
            expected = DEFINITIONS[expression](a.astype(np.float64), b.astype(np.float64), number)
        title = f"{expression} of {a.shape}" + (f", s = {s}" if "s" in expression.split() else "")
        # NaN and infinity are right where floating-point arithmetic says so
        tolerance = {"rtol": rtol, "atol": atol, "finite": False}
        assert_close(got, expected, dtype="float32", name=title, **tolerance)
        assert dtype == "float32", f"{title}: NDArray says dtype {dtype}"
        assert where == f"{device}()", f"{title}: on {where}, not on {device}()"
    for name, before, after in zip("ab", (a, b), operands, strict=True):
        assert_close(after, before, rtol=0, atol=0, name=f"operand {name} afterwards")
