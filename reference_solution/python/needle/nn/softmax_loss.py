"""The softmax loss as one operator.

The gradient of a loss with respect to the logits is the softmax of these, minus the one-hot row of
the label: one pass over a matrix that forward has left behind. With the words of a dictionary for
classes, that matrix is the largest array of a model.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import init
from ..autograd import NDArray, Tensor
from ..backend_selection import array_api
from ..ops.fused import Fused
from ..ops.lookup import add_at, pick
from ..ops.ops_logarithmic import logsumexp


class AverageSoftmaxLoss(Fused):
    """The average over rows of log(sum_j exp(z_j)) - z_y, for logits (batch, classes).

    Args:
        labels: y of each row, integers (batch,)
    """

    def __init__(self, labels: np.ndarray) -> None:
        self.labels = labels

    def program(self, logits: Tensor) -> tuple[Tensor, ...]:
        batch, classes = logits.shape
        labels = Tensor(self.labels, requires_grad=False)
        y = init.one_hot(classes, labels, device=logits.device, dtype=logits.dtype)
        losses = logsumexp(logits, axes=(1,)) - (logits * y).sum(axes=(1,))
        return (losses.sum(axes=(0,)) / batch,)

    def run(self, logits: NDArray) -> tuple[tuple[NDArray, ...], Any]:
        largest = array_api.amax(logits, axis=1, keepdims=True)
        shifted = logits - array_api.broadcast_to(largest, logits.shape)
        exps = array_api.exp(shifted)
        sums = exps.sum(axis=1)
        losses = array_api.log(sums) - pick(shifted, self.labels)
        return (losses.sum(axis=0) / logits.shape[0],), (exps, sums)

    def run_backward(
        self, out_grads: tuple[NDArray, ...], known: Any, logits: NDArray
    ) -> tuple[NDArray, ...]:
        exps, sums = known
        column = (logits.shape[0], 1)
        share = array_api.reshape(out_grads[0] / logits.shape[0], (1, 1))
        shares = array_api.broadcast_to(share, column)
        grad = exps * array_api.broadcast_to(shares / array_api.reshape(sums, column), logits.shape)
        add_at(grad, self.labels, -shares)
        return (grad,)
