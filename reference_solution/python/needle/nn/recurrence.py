"""The arithmetic of recurrent networks: the steps of cells, and layers of them over sequences.

What a cell makes of its inputs does not depend on its state. So the inputs of all times are
multiplied by the weights at once, and only the product with the state is left for each step. See
Appleyard, Kocisky and Blunsom, "Optimizing Performance of Recurrent Neural Networks on GPUs" (2016,
arXiv:1604.01946).

The state of a cell is a tuple: of h for simple cells, of h and c for LSTM.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .. import init, ops
from ..autograd import Tensor
from ..ops.ops_arrangement import split, stack
from ..ops.ops_hyperbolic import tanh

if TYPE_CHECKING:
    from .nn_sequence import LSTMCell, RNNCell

State = tuple[Tensor, ...]


def project(cell: RNNCell | LSTMCell, X: Tensor) -> Tensor:
    """What inputs add to the sums in a cell, with the biases: (n, input_size) to (n, columns)."""
    projected = X @ cell.W_ih
    if cell.bias_ih is None or cell.bias_hh is None:
        return projected
    return projected + (cell.bias_ih + cell.bias_hh).broadcast_to(projected.shape)


def zero_state(cell: RNNCell | LSTMCell, X: Tensor, parts: int) -> State:
    """The state at first. Zeros take part like any state, so that W_hh gets a gradient."""
    shape = (X.shape[-2], cell.W_hh.shape[0])
    return (init.zeros(*shape, device=X.device, dtype=X.dtype),) * parts


def rnn_step(cell: RNNCell, projected: Tensor, state: State) -> State:
    """The next state of a simple cell, from its projected inputs (batch, hidden_size)."""
    out = projected + state[0] @ cell.W_hh
    return (tanh(out) if cell.nonlinearity == "tanh" else ops.relu(out),)


def lstm_step(cell: LSTMCell, projected: Tensor, state: State) -> State:
    """The next state of an LSTM cell, from its projected inputs (batch, 4 * hidden_size)."""
    h, c = state
    sums = projected + h @ cell.W_hh
    i, f, g, o = split(sums.reshape((h.shape[0], 4, h.shape[1])), 1).tuple()
    c = cell.sigmoid(f) * c + cell.sigmoid(i) * tanh(g)
    return cell.sigmoid(o) * tanh(c), c


def run_layers(
    cells: Sequence[Any], step: Callable[..., State], X: Tensor, states: Sequence[State]
) -> tuple[Tensor, list[Tensor]]:
    """Read sequences with layers of cells.

    Args:
        cells: the cell of each layer
        step: its step
        X: (seq_len, batch, input_size)
        states: the state of each layer at first

    Returns:
        Tuple of h of the last layer at all times (seq_len, batch, hidden_size), and for each part
        of the states, the one at the end (layers, batch, hidden_size).
    """
    seq_len, batch, _ = X.shape
    last = []
    for cell, state in zip(cells, states, strict=True):
        projected = project(cell, X.reshape((seq_len * batch, X.shape[2])))
        columns = projected.shape[1]
        outputs = []
        for inputs in split(projected.reshape((seq_len, batch, columns)), 0).tuple():
            state = step(cell, inputs, state)
            outputs.append(state[0])
        X = stack(outputs, 0)
        last.append(state)
    return X, [stack(layers, 0) for layers in zip(*last, strict=True)]


def layer_states(cells: Sequence[Any], X: Tensor, parts: Sequence[Tensor] | int) -> list[State]:
    """The state of each layer at first, from tensors (layers, batch, hidden_size) for the parts of
    the states, or zeros for so many parts."""
    if isinstance(parts, int):
        return [zero_state(cell, X, parts) for cell in cells]
    return list(zip(*(split(part, 0).tuple() for part in parts), strict=True))
