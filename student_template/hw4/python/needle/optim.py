"""Optimizers: how the parameters of a model change, given their gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .autograd import Tensor


class Optimizer:
    """Changes parameters by their gradients, one step at a time.

    Args:
        params: the parameters to train
    """

    def __init__(self, params: Sequence[Any]) -> None:
        self.params = params

    def step(self) -> None:
        """Change every parameter that has a gradient; each optimizer defines how."""
        raise NotImplementedError()

    def reset_grad(self) -> None:
        """Forget the gradients."""
        for p in self.params:
            p.grad = None


class SGD(Optimizer):
    """Stochastic gradient descent with momentum and L2 regularization. For each parameter,

        g = gradient + weight_decay * parameter
        u = momentum * u + (1 - momentum) * g
        parameter = parameter - lr * u

    where u starts at 0.

    Args:
        params: the parameters to train
        lr: step size
        momentum: how much of the last direction stays
        weight_decay: strength of the regularization
    """

    def __init__(
        self,
        params: Sequence[Any],
        lr: float = 0.01,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params)
        self.lr = lr
        self.momentum = momentum
        self.u: dict[Any, Any] = {}
        self.weight_decay = weight_decay

    def step(self) -> None:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def clip_grad_norm(self, max_norm: float = 0.25) -> None:
        """Scale all gradients by one factor, so that their L2 norm is `max_norm` at most.

        The norm is that of one vector with the elements of all gradients. Gradients below the bound
        stay as they are (Pascanu, Mikolov and Bengio, 2013, arXiv:1211.5063).

        Args:
            max_norm: the bound
        """
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015, arXiv:1412.6980) with L2 regularization. In step t = 1, 2, ...,

        g = gradient + weight_decay * parameter
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g^2
        parameter = parameter - lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)

    where m and v start at 0.

    Args:
        params: the parameters to train
        lr: step size
        beta1: how much of the average of gradients stays
        beta2: how much of the average of squared gradients stays
        eps: added to the root
        weight_decay: strength of the regularization
    """

    def __init__(
        self,
        params: Sequence[Any],
        lr: float = 0.01,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params)
        self.lr = lr
        self.beta1 = beta1
        self.beta2 = beta2
        self.eps = eps
        self.weight_decay = weight_decay
        self.t = 0

        self.m: dict[Any, Any] = {}
        self.v: dict[Any, Any] = {}

    def step(self) -> None:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION
