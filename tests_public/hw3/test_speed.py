"""Speed: products of large matrices, beside NumPy here and beside the reference in the grader."""

import fast


def test_cpu_matmul_speed(speed):
    """The C++ backend multiplies matrices of 256 x 256 in good time."""
    fast.compare(speed, "cpu", 256)
