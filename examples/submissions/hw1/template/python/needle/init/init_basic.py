"""Tensors of a given shape: random numbers, constants, one-hot rows.

The shape is given number by number: `rand(2, 3)` has the shape (2, 3), and `rand()` has no axes.
All take the `device` (by default the CPU), the `dtype` of the elements, and `requires_grad`, which
is whether `backward` has to compute the gradient with respect to the tensor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import autograd
from ..backend_selection import cpu

if TYPE_CHECKING:
    from ..autograd import Tensor


def rand(
    *shape: int,
    low: float = 0.0,
    high: float = 1.0,
    device: Any = None,
    dtype: Any = "float32",
    requires_grad: bool = False,
) -> Tensor:
    """Random numbers, uniform between `low` and `high`: low + (high - low) * u.

    All u are drawn by one call of `np.random.rand`.
    """
    device = device or cpu()
    array = device.rand(*shape) * (high - low) + low
    return autograd.Tensor(array, device=device, dtype=dtype, requires_grad=requires_grad)


def randn(
    *shape: int,
    mean: float = 0.0,
    std: float = 1.0,
    device: Any = None,
    dtype: Any = "float32",
    requires_grad: bool = False,
) -> Tensor:
    """Random numbers, normal with the given mean and standard deviation: mean + std * z.

    All z are drawn by one call of `np.random.randn`.
    """
    device = device or cpu()
    array = device.randn(*shape) * std + mean
    return autograd.Tensor(array, device=device, dtype=dtype, requires_grad=requires_grad)


def randb(
    *shape: int,
    p: float = 0.5,
    device: Any = None,
    dtype: Any = "bool",
    requires_grad: bool = False,
) -> Tensor:
    """Random truth values, true with probability `p`: u <= p, with u as in `rand`."""
    device = device or cpu()
    array = device.rand(*shape) <= p
    return autograd.Tensor(array, device=device, dtype=dtype, requires_grad=requires_grad)


def constant(
    *shape: int,
    c: float = 1.0,
    device: Any = None,
    dtype: Any = "float32",
    requires_grad: bool = False,
) -> Tensor:
    """The number `c` everywhere."""
    device = device or cpu()
    array = device.full(shape, c, dtype=dtype)
    return autograd.Tensor.make_const(array, requires_grad=requires_grad)


def ones(
    *shape: int, device: Any = None, dtype: Any = "float32", requires_grad: bool = False
) -> Tensor:
    """Ones everywhere."""
    return constant(*shape, c=1.0, device=device, dtype=dtype, requires_grad=requires_grad)


def zeros(
    *shape: int, device: Any = None, dtype: Any = "float32", requires_grad: bool = False
) -> Tensor:
    """Zeros everywhere."""
    return constant(*shape, c=0.0, device=device, dtype=dtype, requires_grad=requires_grad)


def one_hot(
    n: int, i: Tensor, device: Any = None, dtype: Any = "float32", requires_grad: bool = False
) -> Tensor:
    """Rows of the n x n identity, one for each index in `i`; the shape is that of `i`, then n."""
    device = device or cpu()
    array = device.one_hot(n, i.numpy().astype("int32"), dtype)
    return autograd.Tensor.make_const(array, requires_grad=requires_grad)


def zeros_like(array: Tensor, *, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros, in the shape and dtype of another tensor, and on its device unless one is given."""
    return zeros(
        *array.shape,
        device=device or array.device,
        dtype=array.dtype,
        requires_grad=requires_grad,
    )


def ones_like(array: Tensor, *, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones, in the shape and dtype of another tensor, and on its device unless one is given."""
    return ones(
        *array.shape,
        device=device or array.device,
        dtype=array.dtype,
        requires_grad=requires_grad,
    )
