"""The modules that most networks are made of, and what makes them modules."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

from .. import init, ops
from ..autograd import Tensor


class Parameter(Tensor):
    """A tensor that belongs to a module and is trained: `Module.parameters` finds it."""


def _unpack_params(value: Any) -> list[Tensor]:
    """The parameters in `value` and in the modules, dicts, lists and tuples below it, in order."""
    if isinstance(value, Parameter):
        return [value]
    return [found for item in _items(value) for found in _unpack_params(item)]


def _child_modules(value: Any) -> list[Module]:
    """The modules in `value`, each followed by those inside it; as deep as `_unpack_params`."""
    own = [value] if isinstance(value, Module) else []
    return own + [found for item in _items(value) for found in _child_modules(item)]


def _items(value: Any) -> Iterable[Any]:
    """What a module or a container holds; nothing for all other values."""
    if isinstance(value, Module):
        return value.__dict__.values()
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, (list, tuple)) else ()


class Module:
    """A part of a network. It computes (`forward`), and holds parameters and other modules.

    They are its attributes, also inside lists, tuples and dicts. `training` says whether the module
    is being trained or used; `train` and `eval` set it, here and in all modules inside.
    """

    training: bool

    def __init__(self) -> None:
        self.training = True

    def parameters(self) -> list[Tensor]:
        """All parameters of this module and of the modules inside, in the order of attributes."""
        return _unpack_params(self)

    def _children(self) -> list[Module]:
        return _child_modules(self.__dict__)

    def eval(self) -> None:
        """Get ready to be used: no dropout, statistics as they were learned."""
        self._set_training(False)

    def train(self) -> None:
        """Get ready to be trained."""
        self._set_training(True)

    def _set_training(self, training: bool) -> None:
        for module in (self, *self._children()):
            module.training = training

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; each kind of module defines its own."""
        raise NotImplementedError()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)


class Identity(Module):
    """Return the input as it is, in any shape."""

    def forward(self, x: Tensor) -> Tensor:
        return x


class Linear(Module):
    """Multiply by a matrix and add a bias: y = x W + b.

    Args:
        in_features: size of the last axis of the input
        out_features: size of the last axis of the output
        bias: whether there is a bias
        device: where the parameters are
        dtype: their type

    Attributes:
        weight: (in_features, out_features), drawn first, by `init.kaiming_uniform`
        bias: (1, out_features), drawn second, by `init.kaiming_uniform` with `out_features` as
            fan-in and then reshaped; None if there is no bias. `forward` takes one of shape
            (out_features,), too, should somebody put it there
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = "float32",
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def forward(self, X: Tensor) -> Tensor:
        """Transform each vector along the last axis.

        Args:
            X: (..., in_features), with one axis before the last or more

        Returns:
            (..., out_features).
        """
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class Flatten(Module):
    """Make all axes after the first one axis: (B, X_0, X_1, ...) becomes (B, X_0 * X_1 * ...)."""

    def forward(self, X: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class ReLU(Module):
    """The positive part of each element: max(x, 0), in the shape of x."""

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class Sequential(Module):
    """Apply modules one after the other: y = m_n(... m_2(m_1(x))).

    Args:
        modules: the modules in order
    """

    def __init__(self, *modules: Module) -> None:
        super().__init__()
        self.modules = modules

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class SoftmaxLoss(Module):
    """The average softmax loss of a batch: for each example, log(sum_j exp(z_j)) - z_y."""

    def forward(self, logits: Tensor, y: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            logits: (batch, classes)
            y: (batch,), the class of each example as a number from 0, in any dtype

        Returns:
            The average over the batch, a tensor without axes.
        """
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class BatchNorm1d(Module):
    """Normalize each feature over the batch (Ioffe and Szegedy, 2015, arXiv:1502.03167):

        y = weight * (x - mean) / sqrt(var + eps) + bias

    In training, mean and variance are those of the batch, and running averages of both are kept:

        running = (1 - momentum) * running + momentum * batch

    In evaluation the running averages take their place. The variance is the biased one, the mean of
    squared distances, in both uses.

    Args:
        dim: number of features
        eps: added to the variance
        momentum: weight of the newest batch in the running averages
        device: where the parameters are
        dtype: their type

    Attributes:
        weight: (dim,), a parameter, ones at first
        bias: (dim,), a parameter, zeros at first
        running_mean: (dim,), a tensor without history and no parameter, zeros at first
        running_var: (dim,), likewise, ones at first
    """

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self,
        dim: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        device: Any = None,
        dtype: Any = "float32",
    ) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps
        self.momentum = momentum
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """Normalize each column.

        Args:
            x: (batch, dim)

        Returns:
            (batch, dim).
        """
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class LayerNorm1d(Module):
    """Normalize each example over its features (Ba, Kiros and Hinton, 2016, arXiv:1607.06450):

        y = weight * (x - mean) / sqrt(var + eps) + bias

    with mean and (biased) variance over the last axis.

    Args:
        dim: number of features
        eps: added to the variance
        device: where the parameters are
        dtype: their type

    Attributes:
        weight: (dim,), a parameter, ones at first
        bias: (dim,), a parameter, zeros at first
    """

    weight: Tensor
    bias: Tensor

    def __init__(
        self, dim: int, eps: float = 1e-5, device: Any = None, dtype: Any = "float32"
    ) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """Normalize along the last axis.

        Args:
            x: (..., dim), with one axis before the last or more

        Returns:
            The same shape.
        """
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class Dropout(Module):
    """Zero each element with probability p in training, and divide the others by 1 - p, so that
    their expectation stays (Srivastava et al., 2014, JMLR 15); do nothing in evaluation.

    Which elements stay is drawn once for the whole input, by `init.randb(..., p=1 - p)`.

    Args:
        p: the probability to be dropped
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class Residual(Module):
    """Add the input to the output of a module: fn(x) + x (He et al., 2015, arXiv:1512.03385).

    Args:
        fn: a module whose output has the shape of its input
    """

    def __init__(self, fn: Module) -> None:
        super().__init__()
        self.fn = fn

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION
