"""The mathematical operators: each a class with its forward computation and its gradient rule.

An operator computes with arrays (`compute`) and differentiates with tensors (`gradient`). The
function below each class is what users call.

An adjoint has the shape of the value that it belongs to. Rules for matrices are derived in Giles,
"Collected matrix derivative results for forward and reverse mode algorithmic differentiation"
(2008).
"""

from __future__ import annotations

from typing import Any

from ..autograd import NDArray, Op, Tensor, TensorOp, TensorTuple, TensorTupleOp, Value

# Functions of `array_api` work on the arrays of every device.
from ..backend_selection import BACKEND, array_api


def _number(scalar: Any) -> float:
    """Take a number out of a NumPy scalar or array of one element.

    A Python number adapts to the dtype of the tensor that it meets; `np.float64(2)` would turn
    float32 tensors into float64 ones.
    """
    if getattr(scalar, "size", 1) != 1:
        raise ValueError(
            f"a scalar is one number, but this has the shape {scalar.shape}: wrap it in a Tensor"
        )
    number: float = scalar.item() if hasattr(scalar, "item") else scalar
    return number


class EWiseAdd(TensorOp):
    """Add two tensors of the same shape, element by element: a + b."""

    def compute(self, a: NDArray, b: NDArray) -> NDArray:
        return a + b

    def gradient(self, out_grad: Tensor, node: Tensor) -> tuple[Tensor, Tensor]:
        return out_grad, out_grad


def add(a: Tensor, b: Tensor) -> Tensor:
    return EWiseAdd()(a, b)


class AddScalar(TensorOp):
    """Add a number to a tensor: a + scalar."""

    def __init__(self, scalar: float) -> None:
        self.scalar = _number(scalar)

    def compute(self, a: NDArray) -> NDArray:
        return a + self.scalar

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        return out_grad


def add_scalar(a: Tensor, scalar: float) -> Tensor:
    return AddScalar(scalar)(a)


class EWiseMul(TensorOp):
    """Multiply two tensors of the same shape, element by element: a * b."""

    def compute(self, a: NDArray, b: NDArray) -> NDArray:
        return a * b

    def gradient(self, out_grad: Tensor, node: Tensor) -> tuple[Tensor, Tensor]:
        a, b = node.inputs
        return out_grad * b, out_grad * a


def multiply(a: Tensor, b: Tensor) -> Tensor:
    return EWiseMul()(a, b)


class MulScalar(TensorOp):
    """Multiply a tensor by a number: a * scalar."""

    def __init__(self, scalar: float) -> None:
        self.scalar = _number(scalar)

    def compute(self, a: NDArray) -> NDArray:
        return a * self.scalar

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        return out_grad * self.scalar


def mul_scalar(a: Tensor, scalar: float) -> Tensor:
    return MulScalar(scalar)(a)


class EWisePow(TensorOp):
    """Raise a tensor to the power of another, element by element: a ** b.

    The two may differ in shape where NumPy broadcasts; each gradient has the shape of its input.
    The gradient with respect to b exists for positive a only.
    """

    def compute(self, a: NDArray, b: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> tuple[Tensor, Tensor]:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def power(a: Tensor, b: Tensor) -> Tensor:
    return EWisePow()(a, b)


class PowerScalar(TensorOp):
    """Raise a tensor to the power of a number: a ** scalar.

    The number may be negative or a fraction. If it is 0, the gradient is 0 everywhere.
    """

    def __init__(self, scalar: float) -> None:
        self.scalar = _number(scalar)

    def compute(self, a: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def power_scalar(a: Tensor, scalar: float) -> Tensor:
    return PowerScalar(scalar)(a)


class EWiseDiv(TensorOp):
    """Divide two tensors of the same shape, element by element: a / b."""

    def compute(self, a: NDArray, b: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> tuple[Tensor, Tensor]:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def divide(a: Tensor, b: Tensor) -> Tensor:
    return EWiseDiv()(a, b)


class DivScalar(TensorOp):
    """Divide a tensor by a number: a / scalar."""

    def __init__(self, scalar: float) -> None:
        self.scalar = _number(scalar)

    def compute(self, a: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def divide_scalar(a: Tensor, scalar: float) -> Tensor:
    return DivScalar(scalar)(a)


class Transpose(TensorOp):
    """Swap two axes of a tensor, by default the last two.

    With the axes (0, 2), the shape (2, 3, 5) becomes (5, 3, 2).
    """

    def __init__(self, axes: tuple[int, int] | None = None) -> None:
        self.axes = axes

    def compute(self, a: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def transpose(a: Tensor, axes: tuple[int, int] | None = None) -> Tensor:
    return Transpose(axes)(a)


class Reshape(TensorOp):
    """Give a tensor another shape with as many elements, in the same order, row by row.

    The six elements of the shape (2, 3) can have the shape (6,), (3, 2) or (1, 6, 1).
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def compute(self, a: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def reshape(a: Tensor, shape: tuple[int, ...]) -> Tensor:
    return Reshape(shape)(a)


class BroadcastTo(TensorOp):
    """Repeat a tensor along new leading axes, and along axes of size 1, to reach a shape.

    The shapes (3, 1), (1, 4), (4,) and () can be broadcast to (2, 3, 4), and (3,) cannot: see
    https://numpy.org/doc/stable/user/basics.broadcasting.html.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def compute(self, a: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def broadcast_to(a: Tensor, shape: tuple[int, ...]) -> Tensor:
    return BroadcastTo(shape)(a)


def _sum_to_shape(a: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Undo broadcasting: sum `a` so that its shape becomes `shape`, which broadcasts to a.shape.

    A helper for gradients. You may use it or do without.
    """
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION


class Summation(TensorOp):
    """Sum over the given axes, which the result no longer has; over all of them by default.

    The axes are one number or a tuple of numbers; negative ones count from the last axis. Of
    (2, 3, 4), the sum over the axis 1 has the shape (2, 4), and over (0, -1) the shape (3,).
    """

    def __init__(self, axes: int | tuple[int, ...] | None = None) -> None:
        self.axes = axes

    def compute(self, a: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def summation(a: Tensor, axes: int | tuple[int, ...] | None = None) -> Tensor:
    return Summation(axes)(a)


class MatMul(TensorOp):
    """Multiply matrices: a @ b, with (..., m, k) and (..., k, n) to (..., m, n).

    The last two axes are those of the matrices. The axes before them number the matrices of a
    batch; they broadcast, so one side may lack them or have size 1 there: (8, 1, 2, 3) and
    (5, 3, 4) make (8, 5, 2, 4).
    """

    def compute(self, a: NDArray, b: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> tuple[Tensor, Tensor]:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def matmul(a: Tensor, b: Tensor) -> Tensor:
    return MatMul()(a, b)


class Negate(TensorOp):
    """Change the sign: -a."""

    def compute(self, a: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def negate(a: Tensor) -> Tensor:
    return Negate()(a)


class Log(TensorOp):
    """The natural logarithm of each element: log(a)."""

    def compute(self, a: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def log(a: Tensor) -> Tensor:
    return Log()(a)


class Exp(TensorOp):
    """The exponential function of each element: exp(a)."""

    def compute(self, a: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def exp(a: Tensor) -> Tensor:
    return Exp()(a)


class ReLU(TensorOp):
    """The rectified linear unit of each element: max(a, 0). Its derivative at 0 is 0.

    The derivative is constant on each side of 0, so the gradient may read the input's data
    (`realize_cached_data`) and treat what it makes of it as a constant.
    """

    def compute(self, a: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def relu(a: Tensor) -> Tensor:
    return ReLU()(a)
