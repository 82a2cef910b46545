"""Products of large matrices, for tests of speed."""

import devices
import numpy as np
from grader.testing import assert_close, on_student_side


@on_student_side
def multiply(name, a, b):
    """Return a @ b, computed on a device."""
    from needle import backend_ndarray as nd

    device = getattr(nd, name)()
    return (nd.array(a, device=device) @ nd.array(b, device=device)).numpy()


def compare(speed, device, size):
    """Compare products of square matrices with the reference's, and their time."""
    devices.require(device)

    def draw(rng):
        return device, *(rng.normal(size=(size, size)).astype(np.float32) for _ in range(2))

    def check(product, _, a, b):
        expected = a.astype(np.float64) @ b.astype(np.float64)
        atol = 2e-6 * float((np.abs(a) @ np.abs(b)).max())
        assert_close(product, expected, rtol=1e-5, atol=atol, dtype="float32", name="product")

    speed(multiply, draw, check, beside=lambda _, a, b: a @ b, device=device)
