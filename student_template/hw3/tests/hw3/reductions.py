"""Sums and maxima over an axis, or over all elements."""

import devices
import numpy as np
from grader.testing import assert_close, on_student_side


@on_student_side
def reduce(name, method, data, axis, keepdims, transposed, dirty):
    """Return the sum or maximum of an array over an axis."""
    from needle import backend_ndarray as nd

    device = getattr(nd, name)()
    array = nd.array(np.ascontiguousarray(data.T) if transposed else data, device=device)
    if transposed:
        array = nd.NDArray.make(data.shape, array.strides[::-1], device, array._handle)
    dirty(nd, device, data.size)
    dirty(nd, device, 1)
    return getattr(array, method)(axis=axis, keepdims=keepdims).numpy()


@on_student_side
def blocks(name, method, data, size, dirty):
    """Return what the backend's own function makes of blocks of `size` neighbours."""
    from needle import backend_ndarray as nd

    device = getattr(nd, name)()
    array = nd.array(data, device=device)
    out = nd.NDArray.make((data.size // size,), device=device)
    dirty(nd, device, out.size)
    getattr(device, f"reduce_{method}")(array._handle, out._handle, size)
    return out.numpy(), array.numpy()


def check(device, method, data, axis=None, keepdims=False, transposed=False, rtol=1e-5):
    """Compare a reduction with NumPy's in float64; without an axis, one of size 1 is left."""
    devices.require(device)
    data = np.asarray(data, np.float32)
    got = reduce(device, method, data, axis, keepdims, transposed, devices.dirty)
    wide = data.astype(np.float64)
    if axis is None:
        expected = np.array([getattr(wide, method)()])
    else:
        expected = getattr(wide, method)(axis=axis, keepdims=keepdims)
    # sums of many numbers of both signs: rounding is relative to the largest partial sum
    atol = 1e-6 * float(np.abs(wide).sum() / max(expected.size, 1)) if method == "sum" else 0.0
    title = f"{method} of {data.shape} over axis {axis}"
    assert_close(got, expected, rtol=rtol, atol=atol, dtype="float32", name=title)


def check_blocks(device, method, data, size):
    """Compare the backend's own function, called with memory of `size` elements a block."""
    devices.require(device)
    data = np.asarray(data, np.float32)
    got, afterwards = blocks(device, method, data, size, devices.dirty)
    expected = getattr(data.astype(np.float64).reshape(-1, size), method)(axis=1)
    title = f"reduce_{method} of {data.size} elements in blocks of {size}"
    tolerance = {"rtol": 1e-5, "atol": 1e-5, "finite": False}
    assert_close(got, expected, dtype="float32", name=title, **tolerance)
    assert_close(afterwards, data, rtol=0, atol=0, finite=False, name="the elements afterwards")
