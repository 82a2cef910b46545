"""The arithmetic of recurrent networks: the steps of cells, and layers of them over sequences.

What a cell makes of its inputs does not depend on its state. So the inputs of all times are
multiplied by the weights at once, and only the product with the state is left for each step. See
Appleyard, Kocisky and Blunsom, "Optimizing Performance of Recurrent Neural Networks on GPUs" (2016,
arXiv:1604.01946).

The state of a cell is a tuple: of h for simple cells, of h and c for LSTM.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import init, ops
from ..autograd import Tensor
from ..ops.ops_arrangement import split, stack
from ..ops.ops_hyperbolic import tanh
from .lstm_layer import LSTMLayer, lstm_step

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


def step_rnn(cell: RNNCell, projected: Tensor, state: State) -> State:
    """The next state of a simple cell, from its projected inputs (batch, hidden_size)."""
    out = projected + state[0] @ cell.W_hh
    return (tanh(out) if cell.nonlinearity == "tanh" else ops.relu(out),)


def step_lstm(cell: LSTMCell, projected: Tensor, state: State) -> State:
    """The next state of an LSTM cell, from its projected inputs (batch, 4 * hidden_size)."""
    return lstm_step(projected, cell.W_hh, *state)


def run_rnn(cell: RNNCell, projected: Tensor, state: State) -> tuple[Tensor, State]:
    """The states of a simple cell after all steps, and after the last."""
    outputs = []
    for inputs in split(projected, 0).tuple():
        state = step_rnn(cell, inputs, state)
        outputs.append(state[0])
    return stack(outputs, 0), state


def run_lstm(cell: LSTMCell, projected: Tensor, state: State) -> tuple[Tensor, State]:
    """h of an LSTM cell after all steps, and its state after the last."""
    outputs, *state_parts = LSTMLayer()(projected, cell.W_hh, *state).tuple()
    return outputs, tuple(state_parts)


def run_layers(
    run: Any, cells: Sequence[Any], X: Tensor, states: Sequence[State]
) -> tuple[Tensor, list[Tensor]]:
    """Read sequences with layers of cells.

    Args:
        run: `run_rnn` or `run_lstm`
        cells: the cell of each layer
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
        X, state = run(cell, projected.reshape((seq_len, batch, projected.shape[1])), state)
        last.append(state)
    return X, [stack(layers, 0) for layers in zip(*last, strict=True)]


def layer_states(cells: Sequence[Any], X: Tensor, parts: Sequence[Tensor] | int) -> list[State]:
    """The state of each layer at first, from tensors (layers, batch, hidden_size) for the parts of
    the states, or zeros for so many parts."""
    if isinstance(parts, int):
        return [zero_state(cell, X, parts) for cell in cells]
    return list(zip(*(split(part, 0).tuple() for part in parts), strict=True))
