"""Automatic differentiation: values, the graph that they form, and its reverse mode.

A `Value` is a node of the graph. It remembers the operator that makes it and that operator's
inputs. Reverse mode walks the graph from the output to the leaves and builds a second graph, of
adjoints, from the same operators. Adjoints are therefore values like all others, and can be
differentiated again.

With y the output, the adjoint of a node v is dy/dv, in the shape of v. If the nodes w_1, ..., w_n
use v, it is the sum over i of what w_i sends back: its own adjoint times dw_i/dv. See Baydin,
Pearlmutter, Radul and Siskind, "Automatic differentiation in machine learning: a survey" (2018,
arXiv:1502.05767), section 3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy

from .backend_selection import Device as Device
from .backend_selection import NDArray as NDArray
from .backend_selection import all_devices as all_devices
from .backend_selection import array_api as array_api
from .backend_selection import cpu as cpu
from .backend_selection import default_device, device_of, make_array, to_numpy

if TYPE_CHECKING:  # they import this module; needle/__init__.py hands them down at run time
    from . import init as init
    from . import ops as ops

#: Eager mode computes a value when it is made; lazy mode when somebody asks for its data.
LAZY_MODE = False

#: How many values are alive.
TENSOR_COUNTER = 0

#: What arrays raise that do not fit together.
_MISFITS = (ValueError, IndexError, AssertionError)

Output = TypeVar("Output")


class Op:
    """An operator: how to compute a value from its inputs, and how adjoints flow back to them."""

    def __call__(self, *args: Any) -> Value:
        raise NotImplementedError()

    def compute(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output array from the input arrays.

        Args:
            args: the data of each input, an array (a tuple of arrays for a tensor tuple)

        Returns:
            The data of the output.
        """
        raise NotImplementedError()

    def gradient(self, out_grad: Any, node: Any) -> Value | tuple[Value, ...]:
        """Compute the adjoint of each input from the adjoint of the output.

        Args:
            out_grad: the adjoint of the output
            node: the value that this operator made; its inputs are `node.inputs`

        Returns:
            The adjoints that flow to the inputs, in order: a tuple, or one value if there is one
            input. They are made of Needle operators, so that they can be differentiated again.
        """
        raise NotImplementedError()

    def gradient_as_tuple(self, out_grad: Value, node: Value) -> tuple[Value, ...]:
        """Call `gradient`, and return a tuple also if there is only one input.

        The adjoint of an input that needs no gradient is left lazy: it costs nothing until somebody
        asks for its data.
        """
        for x in node.inputs:
            if not x.requires_grad:
                return self._needed_gradients(out_grad, node)
        return _as_tuple(self.gradient(out_grad, node))

    def _needed_gradients(self, out_grad: Value, node: Value) -> tuple[Value, ...]:
        """Compute the adjoints of the inputs that need one, and leave the others lazy."""
        adjoints = _as_tuple(lazily(self.gradient, out_grad, node))
        for x, adjoint in zip(node.inputs, adjoints, strict=True):
            if x.requires_grad and not LAZY_MODE:
                adjoint.realize_cached_data()
        return adjoints


class TensorOp(Op):
    """An operator that makes a tensor."""

    def __call__(self, *args: Any) -> Tensor:
        return Tensor.make_from_op(self, args)


class TensorTupleOp(Op):
    """An operator that makes a tuple of tensors."""

    def __call__(self, *args: Any) -> TensorTuple:
        return TensorTuple.make_from_op(self, args)


def _as_tuple(output: Value | tuple[Value, ...] | list[Value]) -> tuple[Value, ...]:
    return tuple(output) if isinstance(output, (tuple, list)) else (output,)


def lazily(function: Callable[..., Output], *args: Any) -> Output:
    """Call a function in lazy mode."""
    global LAZY_MODE
    before, LAZY_MODE = LAZY_MODE, True
    try:
        return function(*args)
    finally:
        LAZY_MODE = before


class Value:
    """A node of the computational graph."""

    op: Op | None
    inputs: Sequence[Tensor]
    num_outputs: int
    cached_data: Any
    requires_grad: bool

    def realize_cached_data(self) -> Any:
        """Return the data of this value; compute it first if that has not happened yet."""
        if self.cached_data is None:
            _evaluate(self)
        return self.cached_data

    def is_leaf(self) -> bool:
        """Whether this value was given rather than computed."""
        return self.op is None

    def __del__(self) -> None:
        global TENSOR_COUNTER
        if hasattr(self, "op"):  # else `_init` was never reached, and nothing was counted
            TENSOR_COUNTER -= 1

    def _init(
        self,
        op: Op | None,
        inputs: Sequence[Any],
        *,
        num_outputs: int = 1,
        cached_data: Any = None,
        requires_grad: bool | None = None,
    ) -> None:
        """Fill in a new node. By default it needs a gradient if one of its inputs does."""
        global TENSOR_COUNTER
        TENSOR_COUNTER += 1
        if requires_grad is None:
            requires_grad = False
            for x in inputs:
                if x.requires_grad:
                    requires_grad = True
                    break
        self.op = op
        self.inputs = inputs
        self.num_outputs = num_outputs
        self.cached_data = cached_data
        self.requires_grad = requires_grad

    @classmethod
    def make_const(cls, data: Any, requires_grad: bool = False) -> Self:
        """Make a leaf that holds `data` as it is, or shares the data of another value."""
        value = cls.__new__(cls)
        value._init(
            None,
            (),
            cached_data=data.realize_cached_data() if isinstance(data, Value) else data,
            requires_grad=requires_grad,
        )
        return value

    @classmethod
    def make_from_op(cls, op: Op, inputs: Sequence[Any]) -> Self:
        """Make the node that `op` computes from `inputs`; in eager mode, compute it at once."""
        value = cls.__new__(cls)  # not through __init__, which is for users
        value._init(op, inputs)
        if not LAZY_MODE:
            _compute(value)
        return value


def _evaluate(value: Value) -> None:
    """Compute a value, and what it depends on before it.

    The values that wait are on a list, since a lazy graph may be deeper than Python can recurse.
    """
    waiting = [value]
    while waiting:
        current = waiting[-1]
        missing = [x for x in current.inputs if x.cached_data is None]
        if missing:
            waiting += reversed(missing)
            continue
        if current.cached_data is None:  # else it has been reached on another way before
            _compute(current)
        del waiting[-1]


def _compute(value: Value) -> None:
    """Compute a value from its inputs."""
    assert value.op is not None, "only leaves have no operator, and they come with data"
    arrays = []
    for x in value.inputs:  # a comprehension would cost a call
        arrays.append(x.realize_cached_data())
    try:
        value.cached_data = value.op.compute(*arrays)
    except _MISFITS as error:
        kind = next(kind for kind in _MISFITS if isinstance(error, kind))
        shapes = " and ".join(str(getattr(x, "shape", "a tuple")) for x in arrays)
        raise kind(f"{type(value.op).__name__} cannot take {shapes}: {error}") from error
    if not value.requires_grad:  # nobody will walk back from here, so let the graph go
        value.op, value.inputs = None, ()


class TensorTuple(Value):
    """A tuple of tensors that is one node of the graph. Tuples do not nest."""

    def __len__(self) -> int:
        return len(self.realize_cached_data())

    def __getitem__(self, index: int) -> Tensor:
        return ops.tuple_get_item(self, index)

    def tuple(self) -> tuple[Tensor, ...]:
        """The tensors, in a tuple of Python's."""
        return tuple(self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return "needle.TensorTuple" + str(self.tuple())

    def __str__(self) -> str:
        return self.__repr__()

    def __add__(self, other: TensorTuple) -> TensorTuple:
        assert isinstance(other, TensorTuple), f"cannot add {type(other).__name__} to a TensorTuple"
        assert len(self) == len(other), f"cannot add tuples of {len(self)} and {len(other)} tensors"
        return ops.make_tuple(*map(add, self.tuple(), other.tuple()))

    def detach(self) -> TensorTuple:
        """Make a leaf that shares the data of this tuple, and has no history."""
        return TensorTuple.make_const(self)


class Tensor(Value):
    """A multi-dimensional array that remembers how it was computed.

    Args:
        array: a number, (nested) list, NumPy array, or tensor
        device: where to put it; by default the CPU, or where the given tensor is
        dtype: the type of its elements; by default that of the data given
        requires_grad: whether `backward` has to compute the gradient with respect to this tensor
    """

    grad: Tensor

    # A NumPy array or scalar on the left of an operator leaves it to the tensor on the right.
    __array_ufunc__ = None

    def __init__(
        self,
        array: Any,
        *,
        device: Device | None = None,
        dtype: Any = None,
        requires_grad: bool = True,
        **kwargs: Any,
    ) -> None:
        if isinstance(array, Tensor):
            device = array.device if device is None else device
            dtype = array.dtype if dtype is None else dtype
            if device == array.device and dtype == array.dtype:
                cached_data = array.realize_cached_data()
            else:
                cached_data = Tensor._array_from_numpy(array.numpy(), device=device, dtype=dtype)
        else:
            cached_data = Tensor._array_from_numpy(
                array, device=device or default_device(), dtype=dtype
            )
        self._init(None, (), cached_data=cached_data, requires_grad=requires_grad)

    @staticmethod
    def _array_from_numpy(numpy_array: Any, device: Any, dtype: Any) -> Any:
        return make_array(numpy_array, device, dtype)

    @property
    def data(self) -> Tensor:
        """The same data without history. Setting it replaces the data in place, for updates."""
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        assert isinstance(value, Tensor), f"data must be a Tensor, not {type(value).__name__}"
        assert value.dtype == self.dtype, f"data must be {self.dtype}, not {value.dtype}"
        self.cached_data = value.realize_cached_data()

    def detach(self) -> Tensor:
        """Make a leaf that shares the data of this tensor, needs no gradient and has no history."""
        return Tensor.make_const(self)

    @property
    def shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = self.realize_cached_data().shape
        return shape

    @property
    def dtype(self) -> Any:
        return self.realize_cached_data().dtype

    @property
    def device(self) -> Device:
        device: Device = device_of(self.realize_cached_data())
        return device

    def backward(self, out_grad: Tensor | None = None) -> None:
        """Compute the gradient of this tensor with respect to every value that it depends on.

        Args:
            out_grad: the adjoint of this tensor to start from, ones by default
        """
        out_grad = out_grad or init.ones(*self.shape, dtype=self.dtype, device=self.device)
        compute_gradient_of_variables(self, out_grad)

    def __repr__(self) -> str:
        return "needle.Tensor(" + str(self.realize_cached_data()) + ")"

    def __str__(self) -> str:
        return str(self.realize_cached_data())

    def numpy(self) -> numpy.ndarray:
        """A copy of the data, as a NumPy array."""
        return to_numpy(self.realize_cached_data())

    def __add__(self, other: Tensor | float) -> Tensor:
        if isinstance(other, Tensor):
            return ops.EWiseAdd()(self, other)
        return ops.AddScalar(other)(self)

    def __mul__(self, other: Tensor | float) -> Tensor:
        if isinstance(other, Tensor):
            return ops.EWiseMul()(self, other)
        return ops.MulScalar(other)(self)

    def __pow__(self, other: Tensor | float) -> Tensor:
        if isinstance(other, Tensor):
            return ops.EWisePow()(self, other)
        return ops.PowerScalar(other)(self)

    def __sub__(self, other: Tensor | float) -> Tensor:
        if isinstance(other, Tensor):
            return ops.EWiseAdd()(self, ops.Negate()(other))
        return ops.AddScalar(-other)(self)

    def __truediv__(self, other: Tensor | float) -> Tensor:
        if isinstance(other, Tensor):
            return ops.EWiseDiv()(self, other)
        return ops.DivScalar(other)(self)

    def __matmul__(self, other: Tensor) -> Tensor:
        return ops.MatMul()(self, other)

    def __neg__(self) -> Tensor:
        return ops.Negate()(self)

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: float) -> Tensor:  # other - self
        return -self + other

    def __rtruediv__(self, other: float) -> Tensor:  # other / self
        return self**-1.0 * other

    def matmul(self, other: Tensor) -> Tensor:
        return ops.MatMul()(self, other)

    def sum(self, axes: int | tuple[int, ...] | None = None) -> Tensor:
        return ops.Summation(axes)(self)

    def broadcast_to(self, shape: tuple[int, ...]) -> Tensor:
        return ops.BroadcastTo(shape)(self)

    def reshape(self, shape: tuple[int, ...]) -> Tensor:
        return ops.Reshape(shape)(self)

    def transpose(self, axes: tuple[int, int] | None = None) -> Tensor:
        return ops.Transpose(axes)(self)


def compute_gradient_of_variables(output_tensor: Value, out_grad: Value) -> None:
    """Compute the gradient of an output with respect to every value that it depends on.

    Walks the graph from the output to the leaves. The adjoint of a node is the sum of what its
    consumers send back to it; it is stored in `node.grad`, in the place of an earlier one.

    Args:
        output_tensor: the value to differentiate
        out_grad: the adjoint of the output
    """
    # What has been sent back to each node so far, one adjoint for each use of it.
    node_to_output_grads_list: dict[Any, list[Any]] = {output_tensor: [out_grad]}

    # From the output to the leaves: all consumers of a node come before it.
    reverse_topo_order = list(reversed(find_topo_sort([output_tensor])))

    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION


def find_topo_sort(node_list: Sequence[Value]) -> list[Any]:
    """Sort the nodes that `node_list` depends on, inputs before the nodes that use them.

    The order is that of a depth-first search in post-order: start from the nodes of the list, visit
    the inputs of a node from left to right, then add the node itself. Every node occurs once, and
    the last one is the last node of the list.

    Args:
        node_list: the nodes to start from

    Returns:
        The nodes of the graph in topological order.
    """
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION


def topo_sort_dfs(node: Value, visited: set[Value], topo_order: list[Value]) -> None:
    """Add a node and all that it depends on to `topo_order`, in post-order.

    Args:
        node: where to start
        visited: the nodes seen so far; they are passed over, and new ones are added
        topo_order: the result so far, extended in place
    """
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION


def sum_node_list(node_list: Sequence[Any]) -> Any:
    """Add the nodes up, from left to right; there is no zero to start from, so no extra node."""
    if len(node_list) == 1:
        return node_list[0]
    if isinstance(node_list[0], TensorTuple):
        return ops.sum_tuples(node_list)
    return reduce(add, node_list)
