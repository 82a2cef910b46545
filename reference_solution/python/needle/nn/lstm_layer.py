"""A layer of long short-term memory as one operator: forty steps make forty products, but no graph.

With A the gates (i, f, g, o) after their activations, the adjoints follow from the chain rule; see
Graves, "Supervised Sequence Labelling with Recurrent Neural Networks" (2012), section 4.6. The
sigmoids are computed as (1 + tanh(x / 2)) / 2, so that one tanh serves all gates:

    A = tanh(sums * scale) * scale + shift
    dA / dsums = scale^2 - (A - shift)^2

where scale and shift are 1/2 and 1/2 for i, f and o, and 1 and 0 for g.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import NDArray, Tensor
from ..backend_selection import array_api, device_of, make_array
from ..ops.fused import Fused
from ..ops.ops_arrangement import split, stack
from ..ops.ops_hyperbolic import tanh
from ..ops.stacking import join_arrays


def lstm_step(projected: Tensor, W: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """One step: the next h and c, both (batch, hidden), from projected inputs (batch, 4 * hidden)
    and the weights of the state (hidden, 4 * hidden)."""
    sums = projected + h @ W
    i, f, g, o = split(sums.reshape((h.shape[0], 4, h.shape[1])), 1).tuple()
    c = _sigmoid(f) * c + _sigmoid(i) * tanh(g)
    return _sigmoid(o) * tanh(c), c


def _sigmoid(x: Tensor) -> Tensor:
    return tanh(x * 0.5) * 0.5 + 0.5


class LSTMLayer(Fused):
    """All steps of an LSTM cell.

    Args of the call:
        projected: (times, batch, 4 * hidden)
        W: (hidden, 4 * hidden)
        h, c: (batch, hidden)

    Returns:
        Tuple of h after each step (times, batch, hidden), and h and c after the last.
    """

    def program(self, projected: Tensor, W: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, ...]:
        outputs = []
        for inputs in split(projected, 0).tuple():
            h, c = lstm_step(inputs, W, h, c)
            outputs.append(h)
        return stack(outputs, 0), h, c

    def run(
        self, projected: NDArray, W: NDArray, h: NDArray, c: NDArray
    ) -> tuple[tuple[NDArray, ...], Any]:
        hidden = h.shape[1]
        scale, shift = _constants(h)
        all_gates, all_h, all_c, all_tanh = [], [h], [c], []
        for time in range(projected.shape[0]):
            gates = _at(projected, time) + h @ W
            gates *= scale
            gates = array_api.tanh(gates)
            gates *= scale
            gates += shift
            i, f, g, o = _quarters(gates, hidden)
            c = f * c + i * g
            tanh_c = array_api.tanh(c)
            h = o * tanh_c
            all_gates.append(gates)
            all_h.append(h)
            all_c.append(c)
            all_tanh.append(tanh_c)
        return (join_arrays(all_h[1:], 0), h, c), (all_gates, all_h, all_c, all_tanh)

    def run_backward(
        self,
        out_grads: tuple[NDArray, ...],
        known: Any,
        projected: NDArray,
        W: NDArray,
        h: NDArray,
        c: NDArray,
    ) -> tuple[NDArray, ...]:
        all_gates, all_h, all_c, all_tanh = known
        by_time, grad_h, grad_c = out_grads
        hidden = h.shape[1]
        scale, shift = _constants(h)
        scale *= scale
        columns = array_api.reshape(W.swapaxes(0, 1), (4 * hidden * hidden,))  # a copy, for speed
        transposed = array_api.reshape(columns, (4 * hidden, hidden))
        all_sums = []
        for time in reversed(range(projected.shape[0])):
            gates, tanh_c = all_gates[time], all_tanh[time]
            i, f, g, o = _quarters(gates, hidden)
            grad_h = grad_h + _at(by_time, time)
            grad_c = grad_c + grad_h * o * (1 - tanh_c * tanh_c)
            slopes = gates - shift
            slopes *= slopes
            slopes = scale - slopes
            sums = device_of(h).empty(gates.shape, dtype=h.dtype)
            for gate, grad in enumerate(
                (grad_c * g, grad_c * all_c[time], grad_c * i, grad_h * tanh_c)
            ):
                sums[:, gate * hidden : (gate + 1) * hidden] = grad
            sums *= slopes
            grad_h, grad_c = sums @ transposed, grad_c * f
            all_sums.append(sums)
        grad_projected = join_arrays(all_sums[::-1], 0)
        rows = projected.shape[0] * h.shape[0]
        before = array_api.reshape(join_arrays(all_h[:-1], 0), (rows, hidden))
        grad_w = before.swapaxes(0, 1) @ array_api.reshape(grad_projected, (rows, 4 * hidden))
        return grad_projected, grad_w, grad_h, grad_c


def _at(array: NDArray, time: int) -> NDArray:
    """One time of (times, batch, columns)."""
    return array_api.reshape(array[time : time + 1, :, :], array.shape[1:])


def _quarters(gates: NDArray, hidden: int) -> list[NDArray]:
    return [gates[:, gate * hidden : (gate + 1) * hidden] for gate in range(4)]


def _constants(h: NDArray) -> tuple[NDArray, NDArray]:
    """What turns tanh into the activation of each gate: scale and shift (batch, 4 * hidden)."""
    batch, hidden = h.shape
    rows = np.repeat([[0.5, 0.5, 1.0, 0.5], [0.5, 0.5, 0.0, 0.5]], hidden, axis=1)
    scale, shift = (
        make_array(np.tile(row, (batch, 1)), device_of(h), dtype=h.dtype) for row in rows
    )
    return scale, shift
