"""Convolution, and the operators that spread a tensor and close it up again.

A guide to convolution arithmetic is Dumoulin and Visin, "A guide to convolution arithmetic for deep
learning" (https://arxiv.org/abs/1603.07285).
"""

from __future__ import annotations

from ..autograd import NDArray, Tensor, TensorOp
from ..backend_selection import device_of
from .ops_arrangement import split, stack


class Dilate(TensorOp):
    """Put `dilation` zeros behind every element along the given axes, behind the last one too.

    An axis of size n gets the size n * (dilation + 1). With a dilation of 1, [1, 2] becomes
    [1, 0, 2, 0]. Axes that the tensor does not have are passed over.
    """

    def __init__(self, axes: tuple[int, ...], dilation: int) -> None:
        self.axes = axes
        self.dilation = dilation

    def compute(self, a: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def dilate(a: Tensor, axes: tuple[int, ...], dilation: int) -> Tensor:
    return Dilate(axes, dilation)(a)


class UnDilate(TensorOp):
    """Undo `Dilate`: keep the first of every `dilation` + 1 elements along the given axes."""

    def __init__(self, axes: tuple[int, ...], dilation: int) -> None:
        self.axes = axes
        self.dilation = dilation

    def compute(self, a: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def undilate(a: Tensor, axes: tuple[int, ...], dilation: int) -> Tensor:
    return UnDilate(axes, dilation)(a)


class Conv(TensorOp):
    """Convolve a batch of images with a kernel.

        out[n, y, x, o] = sum over i, j, c of a[n, y*stride + i, x*stride + j, c] * b[i, j, c, o]

    for `a` after `padding` rows and columns of zeros have been put around each image.

    Args of the call:
        a: images (N, H, W, C_in)
        b: kernel (K, K, C_in, C_out)

    Returns:
        Images (N, (H + 2*padding - K) // stride + 1, likewise for W, C_out).
    """

    def __init__(self, stride: int = 1, padding: int = 0) -> None:
        self.stride = stride
        self.padding = padding

    def compute(self, A: NDArray, B: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> tuple[Tensor, Tensor]:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def conv(a: Tensor, b: Tensor, stride: int = 1, padding: int = 1) -> Tensor:
    return Conv(stride, padding)(a, b)
