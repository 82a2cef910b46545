"""Matrix products, for matrices of all sizes, and on tiles."""

import devices
import numpy as np
from grader.testing import assert_close, on_student_side


@on_student_side
def multiply(name, a, b, transposed, dirty):
    """Return a @ b and both operands afterwards; they may lie in memory with their axes swapped."""
    from needle import backend_ndarray as nd

    device = getattr(nd, name)()
    operands = []
    for data in (a, b):
        array = nd.array(np.ascontiguousarray(data.T) if transposed else data, device=device)
        if transposed:
            array = nd.NDArray.make(data.shape, array.strides[::-1], device, array._handle)
        operands.append(array)
    dirty(nd, device, a.shape[0] * b.shape[1])
    product = operands[0] @ operands[1]
    return product.numpy(), [operand.numpy() for operand in operands]


@on_student_side
def call(name, function, a, b, sizes, dirty):
    """Call the backend's own function on flat memory; return the memory of the result."""
    from needle import backend_ndarray as nd

    device = getattr(nd, name)()
    left, right = (nd.array(data, device=device) for data in (a, b))
    out = nd.NDArray.make((sizes[0] * sizes[2],), device=device)
    out.fill(float("nan"))
    dirty(nd, device, 4)
    getattr(device, function)(left._handle, right._handle, out._handle, *sizes)
    return out.numpy()


@on_student_side
def tile_size(name):
    """Return the size of a device's tiles."""
    from needle import backend_ndarray as nd

    return getattr(nd, name)().__tile_size__


def _matrices(rng, m, n, p):
    return (rng.normal(size=shape).astype(np.float32) for shape in ((m, n), (n, p)))


def _compare(got, a, b, title):
    a, b = a.astype(np.float64), b.astype(np.float64)
    # rounding is relative to the sum of the products' magnitudes
    atol = 2e-6 * float((np.abs(a) @ np.abs(b)).max())
    assert_close(got, a @ b, rtol=1e-5, atol=atol, dtype="float32", name=title)


def check(rng, device, *sizes, transposed=False):
    """Compare products of matrices (m, n) and (n, p) with NumPy's in float64."""
    devices.require(device)
    for m, n, p in sizes:
        a, b = _matrices(rng, m, n, p)
        got, operands = multiply(device, a, b, transposed, devices.dirty)
        _compare(got, a, b, f"({m}, {n}) @ ({n}, {p})")
        for before, after in zip((a, b), operands, strict=True):
            assert_close(after, before, rtol=0, atol=0, name="operand afterwards")


def check_call(rng, device, *sizes):
    """Check `matmul` of the backend, whose output comes with whatever was there before."""
    devices.require(device)
    for m, n, p in sizes:
        a, b = _matrices(rng, m, n, p)
        got = call(device, "matmul", a, b, (m, n, p), devices.dirty)
        _compare(got.reshape(m, p), a, b, f"matmul of ({m}, {n}) and ({n}, {p})")


def check_tiled(rng, *counts):
    """Check `matmul_tiled` of the CPU for matrices of so many tiles in each direction."""
    t = tile_size("cpu")
    assert type(t) is int, f"__tile_size__ is {t!r}, not a number"
    assert 1 < t <= 64, f"__tile_size__ is {t}"
    for rows, inner, columns in counts:
        m, n, p = rows * t, inner * t, columns * t
        a, b = _matrices(rng, m, n, p)
        tiles = [_tiled(matrix, t) for matrix in (a, b)]
        got = call("cpu", "matmul_tiled", *tiles, (m, n, p), devices.dirty)
        product = got.reshape(rows, columns, t, t).swapaxes(1, 2).reshape(m, p)
        _compare(product, a, b, f"matmul_tiled of {rows} x {inner} and {inner} x {columns} tiles")


def _tiled(matrix, t):
    rows, columns = matrix.shape
    return np.ascontiguousarray(matrix.reshape(rows // t, t, columns // t, t).swapaxes(1, 2))
