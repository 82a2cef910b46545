"""Convolution by definition, one output pixel after the other, in float64."""

import numpy as np
from grader.testing import check_gradients, on_student_side
from operators import check


def convolve(a, b, stride=1, padding=1):
    """Return images (n, h, w, out) for images `a` (n, h, w, in) and a kernel (k, k, in, out)."""
    a = np.pad(a, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    k = b.shape[0]
    rows, columns = ((size - k) // stride + 1 for size in a.shape[1:3])
    out = np.zeros((a.shape[0], rows, columns, b.shape[3]))
    for y in range(rows):
        for x in range(columns):
            window = a[:, y * stride : y * stride + k, x * stride : x * stride + k]
            out[:, y, x] = np.tensordot(window, b, axes=3)
    return out


def case(rng, size, channels, kernel, **options):
    """Return images (n, h, w) with channels (in, out), a square kernel, and options."""
    return [
        rng.uniform(-1, 1, (*size, channels[0])),
        rng.uniform(-1, 1, (kernel, kernel, *channels)),
    ], options


def check_conv(cases, device="cpu"):
    """Check values and gradients of conv."""
    check("conv", convolve, cases, device, gradients=False)
    check_gradients("conv", cases, dtype="float32", device=device)


def check_values(cases, device="cpu"):
    """Check values of conv."""
    check("conv", convolve, cases, device, gradients=False)


@on_student_side
def image_gradient(a, b, stride, padding):
    """Return the gradient of the images for ones coming in."""
    import needle as ndl

    A = ndl.Tensor(a, dtype="float32")
    ndl.conv(A, ndl.Tensor(b, dtype="float32"), stride=stride, padding=padding).sum().backward()
    return A.grad.numpy()
