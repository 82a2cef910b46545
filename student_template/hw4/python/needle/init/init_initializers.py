"""Random weights whose scale keeps signals alive from layer to layer.

Xavier: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
networks" (2010). Kaiming: He, Zhang, Ren and Sun, "Delving deep into rectifiers" (2015).

Weights are a matrix (fan_in, fan_out): for each output as many numbers come in as it has rows.
`kwargs` are those of `rand` and `randn`: `device`, `dtype`, `requires_grad`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .init_basic import rand, randn

if TYPE_CHECKING:
    from ..autograd import Tensor

# With `shape` the result has that shape, and the fans are given: those of a kernel (K, K, in, out)
# are K * K * in and K * K * out.


def xavier_uniform(
    fan_in: int,
    fan_out: int,
    gain: float = 1.0,
    shape: tuple[int, ...] | None = None,
    **kwargs: Any,
) -> Tensor:
    """Uniform between -a and a, with a = gain * sqrt(6 / (fan_in + fan_out))."""
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION


def xavier_normal(
    fan_in: int,
    fan_out: int,
    gain: float = 1.0,
    shape: tuple[int, ...] | None = None,
    **kwargs: Any,
) -> Tensor:
    """Normal around 0, with the standard deviation gain * sqrt(2 / (fan_in + fan_out))."""
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION


def kaiming_uniform(
    fan_in: int,
    fan_out: int,
    shape: tuple[int, ...] | None = None,
    nonlinearity: str = "relu",
    **kwargs: Any,
) -> Tensor:
    """Uniform between -b and b, with b = gain * sqrt(3 / fan_in). The gain of ReLU is sqrt(2)."""
    assert nonlinearity == "relu", f"only the gain of relu is known, not that of {nonlinearity}"
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION


def kaiming_normal(
    fan_in: int,
    fan_out: int,
    shape: tuple[int, ...] | None = None,
    nonlinearity: str = "relu",
    **kwargs: Any,
) -> Tensor:
    """Normal around 0, with the standard deviation gain / sqrt(fan_in) and the gain of ReLU."""
    assert nonlinearity == "relu", f"only the gain of relu is known, not that of {nonlinearity}"
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION
