"""Convolution as a module."""

from __future__ import annotations

from math import sqrt
from typing import Any

from .. import init, ops
from ..autograd import Tensor
from .nn_basic import Module, Parameter


class Conv(Module):
    """Convolution of images in two dimensions. The padding is half the kernel's size, rounded down:
    that keeps the size of the images if the stride is 1 and the kernel's size odd.

    The kernels are square, and all settings are the same for height and width.

    Args:
        in_channels: channels of the input
        out_channels: channels of the output
        kernel_size: height and width of the kernels
        stride: how far the kernels move
        bias: whether to add one number to each channel of the output
        device: where the parameters are
        dtype: their type

    Attributes:
        weight: (kernel_size, kernel_size, in_channels, out_channels), drawn first, by
            `init.kaiming_uniform` with `shape=`. The fan-in is
            in_channels * kernel_size**2, and the fan-out likewise with out_channels.
        bias: (out_channels,), drawn second, uniform between +- 1 / sqrt(fan-in); None if there is
            no bias
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        bias: bool = True,
        device: Any = None,
        dtype: Any = "float32",
    ) -> None:
        super().__init__()
        if isinstance(kernel_size, tuple):
            kernel_size = kernel_size[0]
        if isinstance(stride, tuple):
            stride = stride[0]
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.stride = stride
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """Convolve the images; `ops.conv` wants the channels last.

        Args:
            x: (batch, in_channels, height, width)

        Returns:
            (batch, out_channels, height, width), the last two divided by the stride and rounded up
            if the kernel's size is odd.
        """
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION
