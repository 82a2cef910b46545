"""Speed: products of large matrices, beside the reference."""

import fast


def test_cpu_matmul_speed(speed):
    """The C++ backend multiplies large matrices in good time."""
    fast.compare(speed, "cpu", 512)


def test_cuda_matmul_speed(speed):
    """The CUDA backend multiplies large matrices in good time; on a GPU only."""
    fast.compare(speed, "cuda", 48)
