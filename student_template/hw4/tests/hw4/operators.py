"""Operators on NDArrays: their values, by definitions in NumPy, and their gradients."""

import numpy as np
import places
from grader.testing import assert_close, check_gradients, on_student_side


@on_student_side
def values(name, cases, device):
    """Return array, dtype and device of an operator's result, for each case."""
    import needle as ndl

    place = getattr(ndl, device)()
    found = []
    for arrays, options in cases:
        tensors = [ndl.Tensor(array, device=place, dtype="float32") for array in arrays]
        out = getattr(ndl, name)(*tensors, **options)
        found.append((out.numpy(), str(out.dtype), str(out.device)))
    return found


def check(name, definition, cases, device="cpu", gradients=True):
    """Check an operator for cases of (arrays, options).

    `definition` is called as the operator is, with arrays in float64. Sums over everything keep one
    axis of size 1.
    """
    cases = [([np.asarray(a, np.float32) for a in arrays], options) for arrays, options in cases]
    for (arrays, options), found in zip(cases, values(name, cases, device), strict=True):
        expected = np.asarray(definition(*(a.astype(np.float64) for a in arrays), **options))
        title = f"{name} of {', '.join(str(a.shape) for a in arrays)} with {options}"
        got = found[0]
        if expected.shape == () and np.shape(got) == (1,):
            expected = expected.reshape(1)
        assert_close(got, expected, rtol=1e-4, atol=1e-5, dtype="float32", name=title)
        places.check_place(found, device, title)
    if gradients:
        check_gradients(name, cases, dtype="float32", device=device)


def swapped(a, axes=None):
    """What transpose does."""
    return np.swapaxes(a, *(axes or (-1, -2)))


def log_sum_exp(a, axes=None):
    """What logsumexp does."""
    top = a.max(axis=axes, keepdims=True)
    total = np.log(np.exp(a - top).sum(axis=axes, keepdims=True)) + top
    return np.squeeze(total, axis=axes)


def log_softmax(a):
    """What logsoftmax does."""
    return a - log_sum_exp(a, 1).reshape(-1, 1)


DEFINITIONS = {
    "add": lambda a, b: a + b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "add_scalar": lambda a, scalar: a + scalar,
    "mul_scalar": lambda a, scalar: a * scalar,
    "divide_scalar": lambda a, scalar: a / scalar,
    "power_scalar": lambda a, scalar: np.power(a, scalar),
    "negate": lambda a: -a,
    "exp": np.exp,
    "log": np.log,
    "relu": lambda a: np.maximum(a, 0),
    "tanh": np.tanh,
    "transpose": swapped,
    "reshape": np.reshape,
    "broadcast_to": np.broadcast_to,
    "summation": lambda a, axes=None: a.sum(axis=axes),
    "matmul": np.matmul,
    "logsumexp": log_sum_exp,
    "logsoftmax": log_softmax,
    "flip": lambda a, axes=None: np.flip(a, axes),
}


def check_named(name, *cases, device="cpu"):
    """Check an operator against its definition above."""
    check(name, DEFINITIONS[name], list(cases), device)
