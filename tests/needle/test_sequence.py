"""Recurrent modules and the embedding against PyTorch's, their draws, and the single step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import needle as ndl
import needle.nn as nn
import numpy as np
import pytest
import torch
from modes import DTYPE, close, draws, tensor
from torch_modules import compare_gradients, copy_weights

SEQUENCE, BATCH, INPUT, HIDDEN = 4, 3, 5, 6
TORCH_DTYPE = getattr(torch, DTYPE)


def flat(outputs: Any) -> list[Any]:
    """The tensors in nested tuples."""
    if not isinstance(outputs, (tuple, list)):
        return [outputs]
    return [part for output in outputs for part in flat(output)]


def compare(ours: Any, theirs: Any, x: np.ndarray, state: Any = None) -> None:
    """Outputs and all gradients: of the parameters, the input, and the initial state."""
    found = copy_weights(ours, theirs)
    arrays = flat(state) if state is not None else []
    mine = [tensor(array) for array in (x, *arrays)]
    others = [torch.tensor(array, requires_grad=True) for array in (x, *arrays)]
    outputs = flat(ours(*_arguments(mine, state)))
    expected = flat(theirs(*_arguments(others, state)))
    assert len(outputs) == len(expected)
    total: Any = 0
    total_torch: Any = 0
    for i, (y, z) in enumerate(zip(outputs, expected, strict=True)):
        close(y.numpy(), z.detach().numpy(), scale=10)
        weights = draws(*y.shape, seed=i)
        total = (y * tensor(weights)).sum() + total
        total_torch = (z * torch.tensor(weights)).sum() + total_torch
    total.backward()
    total_torch.backward()
    compare_gradients(found, scale=50)
    for a, b in zip(mine, others, strict=True):
        close(a.grad.numpy(), b.grad.numpy(), scale=50)


def _arguments(values: list[Any], state: Any) -> tuple[Any, ...]:
    x, *states = values
    if state is None:
        return (x,)
    return (x, tuple(states) if isinstance(state, tuple) else states[0])


@pytest.mark.parametrize("with_state", [False, True], ids=["zeros", "state"])
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_rnn_cell(nonlinearity: str, bias: bool, with_state: bool) -> None:
    state = draws(BATCH, HIDDEN, seed=1) if with_state else None
    ours = nn.RNNCell(INPUT, HIDDEN, bias, nonlinearity, dtype=DTYPE)
    theirs = torch.nn.RNNCell(INPUT, HIDDEN, bias, nonlinearity, dtype=TORCH_DTYPE)
    compare(ours, theirs, draws(BATCH, INPUT), state)


@pytest.mark.parametrize("with_state", [False, True], ids=["zeros", "state"])
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
def test_lstm_cell(bias: bool, with_state: bool) -> None:
    state = (draws(BATCH, HIDDEN, seed=1), draws(BATCH, HIDDEN, seed=2)) if with_state else None
    ours = nn.LSTMCell(INPUT, HIDDEN, bias, dtype=DTYPE)
    theirs = torch.nn.LSTMCell(INPUT, HIDDEN, bias, dtype=TORCH_DTYPE)
    compare(ours, theirs, draws(BATCH, INPUT), state)


@pytest.mark.parametrize("length", [1, SEQUENCE])
@pytest.mark.parametrize("with_state", [False, True], ids=["zeros", "state"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_rnn(nonlinearity: str, bias: bool, layers: int, with_state: bool, length: int) -> None:
    state = draws(layers, BATCH, HIDDEN, seed=1) if with_state else None
    ours = nn.RNN(INPUT, HIDDEN, layers, bias, nonlinearity, dtype=DTYPE)
    theirs = torch.nn.RNN(INPUT, HIDDEN, layers, nonlinearity, bias, dtype=TORCH_DTYPE)
    compare(ours, theirs, draws(length, BATCH, INPUT), state)


@pytest.mark.parametrize("length", [1, SEQUENCE])
@pytest.mark.parametrize("with_state", [False, True], ids=["zeros", "state"])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
def test_lstm(bias: bool, layers: int, with_state: bool, length: int) -> None:
    shape = (layers, BATCH, HIDDEN)
    state = (draws(*shape, seed=1), draws(*shape, seed=2)) if with_state else None
    ours = nn.LSTM(INPUT, HIDDEN, layers, bias, dtype=DTYPE)
    theirs = torch.nn.LSTM(INPUT, HIDDEN, layers, bias, dtype=TORCH_DTYPE)
    compare(ours, theirs, draws(length, BATCH, INPUT), state)


def test_lstm_returns_tuples() -> None:
    _, state = nn.LSTM(INPUT, HIDDEN)(ndl.Tensor(draws(2, BATCH, INPUT), dtype="float32"), None)
    assert type(state) is tuple
    assert [part.shape for part in state] == [(1, BATCH, HIDDEN)] * 2


@pytest.mark.parametrize(
    ("cell", "columns"),
    [(nn.RNNCell, HIDDEN), (nn.LSTMCell, 4 * HIDDEN)],
    ids=["rnn", "lstm"],
)
def test_cells_draw_in_order(cell: Callable[..., Any], columns: int) -> None:
    np.random.seed(2)
    made = cell(INPUT, HIDDEN)
    np.random.seed(2)
    for name, shape in {
        "W_ih": (INPUT, columns),
        "W_hh": (HIDDEN, columns),
        "bias_ih": (columns,),
        "bias_hh": (columns,),
    }.items():
        expected = (2 * np.random.rand(*shape) - 1) / np.sqrt(HIDDEN)
        np.testing.assert_allclose(getattr(made, name).numpy(), expected, rtol=1e-4, atol=1e-6)
    assert cell(INPUT, HIDDEN, False).bias_hh is None


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_layers_draw_in_order(kind: str) -> None:
    make, cell = {"rnn": (nn.RNN, nn.RNNCell), "lstm": (nn.LSTM, nn.LSTMCell)}[kind]
    np.random.seed(2)
    cells = getattr(make(INPUT, HIDDEN, 2), f"{kind}_cells")
    np.random.seed(2)
    for ours, expected in zip(cells, (cell(INPUT, HIDDEN), cell(HIDDEN, HIDDEN)), strict=True):
        for a, b in zip(ours.parameters(), expected.parameters(), strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_weights_may_be_replaced_by_plain_tensors() -> None:
    cell = nn.LSTMCell(INPUT, HIDDEN, dtype=DTYPE)
    x = tensor(draws(BATCH, INPUT))
    before = cell(x)[0].numpy()
    cell.W_ih = tensor(np.zeros((INPUT, 4 * HIDDEN)))
    after = cell(x)[0]
    after.sum().backward()
    assert not np.allclose(before, after.numpy())
    assert cell.W_ih.grad.shape == cell.W_ih.shape


def test_rnn_refuses_other_nonlinearities() -> None:
    with pytest.raises(ValueError, match="'tanh' or 'relu', not 'sin'"):
        nn.RNNCell(1, 1, nonlinearity="sin")


def test_embedding() -> None:
    words = np.array([[0, 3], [3, 6], [2, 3]])
    ours = nn.Embedding(7, 4, dtype=DTYPE)
    theirs = torch.nn.Embedding(7, 4, dtype=TORCH_DTYPE)
    found = copy_weights(ours, theirs)
    y = ours(tensor(words, requires_grad=False))
    z = theirs(torch.tensor(words))
    assert y.shape == (3, 2, 4)
    close(y.numpy(), z.detach().numpy())
    weights = draws(3, 2, 4)
    (y * tensor(weights)).sum().backward()
    (z * torch.tensor(weights)).sum().backward()
    compare_gradients(found)


def test_embedding_draws_normal_numbers_at_once() -> None:
    np.random.seed(2)
    weight = nn.Embedding(50, 40).weight.numpy()
    np.random.seed(2)
    np.testing.assert_allclose(weight, np.random.randn(50, 40), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("state_counts", [False, True])
def test_second_gradient_of_an_lstm(state_counts: bool) -> None:
    """A layer is one operator; its gradient can be differentiated all the same."""
    ours = nn.LSTM(2, 3, dtype=DTYPE)
    theirs = torch.nn.LSTM(2, 3, dtype=TORCH_DTYPE)
    found = copy_weights(ours, theirs)
    x, x_torch = tensor(draws(3, 2, 2)), torch.tensor(draws(3, 2, 2), requires_grad=True)
    (out, (_, c)), (z, (_, c_torch)) = ours(x), theirs(x_torch)
    weights = draws(*out.shape)
    total = (out * out * tensor(weights)).sum()
    total_torch = (z * z * torch.tensor(weights)).sum()
    if state_counts:
        total, total_torch = total + (c * c).sum(), total_torch + (c_torch * c_torch).sum()
    total.backward()
    gradients = [x.grad, *(p.grad for p in ours.parameters())]
    torchs = torch.autograd.grad(
        total_torch, [x_torch, *(pair.theirs for pair in found)], create_graph=True
    )
    second: Any = sum((g * g).sum() for g in gradients)
    sum((g * g).sum() for g in torchs).backward()
    second.backward()
    close(x.grad.numpy(), x_torch.grad.numpy(), scale=100)
    compare_gradients(found, scale=100)
