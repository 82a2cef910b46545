"""The arithmetic of convolution: one matrix product, and the two adjoints.

A convolution multiplies every window of the images by the kernel. With each window written out as
one row of a matrix ("im2col"), that is a single matrix product. See Chellapilla, Puri and Simard,
"High Performance Convolutional Neural Networks for Document Processing" (2006).

A convolution is linear in the images and linear in the kernel. So the adjoint of each is a sum of
products of the other with the adjoint of the output, and the three of them are bilinear operators
that are each other's gradients.
"""

from __future__ import annotations

from typing import NamedTuple

from ..autograd import NDArray, Tensor, TensorOp
from ..backend_selection import BACKEND, array_api, device_of

Shape = tuple[int, ...]


class Axis(NamedTuple):
    """A convolution along one axis of the images.

    Only the `taps` of the kernel count, which touch an image in some window: a 3 x 3 kernel over
    one pixel with its padding is a 1 x 1 kernel.
    """

    size: int  # of the images
    kernel: int
    stride: int
    before: int  # zeros in front of the images
    outputs: int
    first: int  # the taps are kernel[first : first + taps]
    taps: int

    @classmethod
    def of(cls, size: int, kernel: int, stride: int, padding: int) -> Axis:
        outputs = (size + 2 * padding - kernel) // stride + 1
        if outputs < 1:
            raise ValueError(f"a kernel of {kernel} exceeds {size} + 2 * {padding} elements")
        first = min(max(0, padding - (outputs - 1) * stride), kernel - 1)
        taps = max(1, min(kernel, size + padding) - first)
        return cls(size, kernel, stride, padding - first, outputs, first, taps)

    @property
    def padded(self) -> int:
        """The size with the zeros that the windows touch."""
        return max(self.before + self.size, (self.outputs - 1) * self.stride + self.taps)

    @property
    def inside(self) -> slice:
        """Where the images are in what is padded."""
        return slice(self.before, self.before + self.size)

    @property
    def tapped(self) -> slice:
        """Where the taps are in the kernel."""
        return slice(self.first, self.first + self.taps)

    def touched(self, tap: int) -> slice:
        """Which elements of the padded images a tap touches, one for each output."""
        return slice(tap, tap + (self.outputs - 1) * self.stride + 1, self.stride)


class Geometry:
    """The sizes of a convolution of `images` (N, H, W, C) with a `kernel` (K, K, C, O)."""

    def __init__(self, images: Shape, kernel: Shape, stride: int, padding: int) -> None:
        if len(images) != 4 or len(kernel) != 4:
            raise ValueError("images and kernel have 4 axes each")
        if images[3] != kernel[2]:
            raise ValueError(f"images have {images[3]} channels, the kernel has {kernel[2]}")
        self.images, self.kernel = images, kernel
        self.rows = Axis.of(images[1], kernel[0], stride, padding)
        self.columns = Axis.of(images[2], kernel[1], stride, padding)

    @property
    def outputs(self) -> Shape:
        """(N, rows, columns, O)"""
        return (self.images[0], self.rows.outputs, self.columns.outputs, self.kernel[3])


def windows(images: NDArray, geometry: Geometry) -> NDArray:
    """Write out what the kernel sees: a row of taps and channels for each output pixel."""
    rows, columns = geometry.rows, geometry.columns
    count, _, _, channels = images.shape
    if (rows.padded, columns.padded) != (rows.size, columns.size):
        shape = (count, rows.padded, columns.padded, channels)
        padded = device_of(images).full(shape, 0, dtype=images.dtype)
        padded[:, rows.inside, columns.inside, :] = images
        images = padded
    by_image, by_row, by_column, by_channel = images.strides
    view = _as_strided(
        images,
        (count, rows.outputs, columns.outputs, rows.taps, columns.taps, channels),
        (by_image, by_row * rows.stride, by_column * columns.stride, by_row, by_column, by_channel),
    )
    pixels = count * rows.outputs * columns.outputs
    return array_api.reshape(view, (pixels, rows.taps * columns.taps * channels))


def _as_strided(array: NDArray, shape: Shape, strides: Shape) -> NDArray:
    """Look at the memory of an array in another shape; strides are in the array's own unit."""
    if BACKEND == "nd":
        return array.as_strided(shape, strides)
    return device_of(array).array_module.lib.stride_tricks.as_strided(array, shape, strides)


def correlate(images: NDArray, kernel: NDArray, geometry: Geometry) -> NDArray:
    """The convolution: (N, H, W, C) and (K, K, C, O) to (N, rows, columns, O)."""
    taps = kernel[geometry.rows.tapped, geometry.columns.tapped, :, :]
    seen = windows(images, geometry)
    product = seen @ array_api.reshape(taps, (seen.shape[1], kernel.shape[3]))
    return array_api.reshape(product, geometry.outputs)


def image_adjoint(out_grad: NDArray, kernel: NDArray, geometry: Geometry) -> NDArray:
    """The adjoint of the images: each tap sends the adjoint of the output back to what it saw."""
    rows, columns = geometry.rows, geometry.columns
    count, _, _, channels = geometry.images
    flat = array_api.reshape(out_grad, (-1, kernel.shape[3]))
    shape = (count, rows.padded, columns.padded, channels)
    padded = device_of(out_grad).full(shape, 0, dtype=out_grad.dtype)
    for i in range(rows.taps):
        for j in range(columns.taps):
            y, x = rows.first + i, columns.first + j
            tap = array_api.reshape(kernel[y : y + 1, x : x + 1, :, :], kernel.shape[2:])
            sent = array_api.reshape(flat @ tap.swapaxes(0, 1), (*out_grad.shape[:3], channels))
            padded[:, rows.touched(i), columns.touched(j), :] += sent
    return padded[:, rows.inside, columns.inside, :]


def kernel_adjoint(images: NDArray, out_grad: NDArray, geometry: Geometry) -> NDArray:
    """The adjoint of the kernel: every window, weighted with the adjoint of its output."""
    rows, columns = geometry.rows, geometry.columns
    _, _, channels, outputs = geometry.kernel
    flat = array_api.reshape(out_grad, (-1, outputs))
    product = windows(images, geometry).swapaxes(0, 1) @ flat
    adjoint = array_api.reshape(product, (rows.taps, columns.taps, channels, outputs))
    if adjoint.shape == geometry.kernel:
        return adjoint
    whole = device_of(images).full(geometry.kernel, 0, dtype=images.dtype)
    whole[rows.tapped, columns.tapped, :, :] = adjoint
    return whole


class ImageAdjoint(TensorOp):
    """The adjoint of a convolution's images, from the adjoint of its output and the kernel.

    Args:
        conv: the convolution, an operator of images and kernel
        geometry: its sizes
    """

    def __init__(self, conv: TensorOp, geometry: Geometry) -> None:
        self.conv = conv
        self.geometry = geometry

    def compute(self, out_grad: NDArray, kernel: NDArray) -> NDArray:
        return image_adjoint(out_grad, kernel, self.geometry)

    def gradient(self, out_grad: Tensor, node: Tensor) -> tuple[Tensor, Tensor]:
        output, kernel = node.inputs
        to_kernel = KernelAdjoint(self.conv, self.geometry)(out_grad, output)
        return self.conv(out_grad, kernel), to_kernel


class KernelAdjoint(TensorOp):
    """The adjoint of a convolution's kernel, from the images and the adjoint of its output."""

    def __init__(self, conv: TensorOp, geometry: Geometry) -> None:
        self.conv = conv
        self.geometry = geometry

    def compute(self, images: NDArray, out_grad: NDArray) -> NDArray:
        return kernel_adjoint(images, out_grad, self.geometry)

    def gradient(self, out_grad: Tensor, node: Tensor) -> tuple[Tensor, Tensor]:
        images, output = node.inputs
        to_images = ImageAdjoint(self.conv, self.geometry)(output, out_grad)
        return to_images, self.conv(images, out_grad)
