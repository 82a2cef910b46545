"""Attention and the transformer against PyTorch, the mask, the draws."""

from __future__ import annotations

from typing import Any

import needle as ndl
import needle.nn as nn
import numpy as np
import pytest
import torch
from modes import DTYPE, ND, close, draws, tensor

BATCH, HEADS, TIME, DIM = 2, 3, 5, 4
FEATURES = 6


def torch_tensor(array: np.ndarray) -> torch.Tensor:
    return torch.tensor(array, requires_grad=True)


@pytest.mark.parametrize("keys", [TIME, TIME + 2])
@pytest.mark.parametrize("causal", [False, True])
def test_attention(causal: bool, keys: int) -> None:
    arrays = [draws(BATCH, HEADS, n, DIM, seed=i) for i, n in enumerate((TIME, keys, keys))]
    ours, theirs = [tensor(a) for a in arrays], [torch_tensor(a) for a in arrays]
    result, probs = nn.MultiHeadAttention(causal=causal, dtype=DTYPE)(*ours)
    mask = torch.ones(TIME, keys, dtype=torch.bool)
    if causal:  # the last query stands at the last key
        mask = mask.tril(keys - TIME)
    expected = torch.nn.functional.scaled_dot_product_attention(*theirs, attn_mask=mask)
    close(result.numpy(), expected.detach().numpy(), scale=10)
    close(probs.numpy().sum(axis=3), np.ones((BATCH, HEADS, TIME)))
    assert (probs.numpy()[:, :, ~mask.numpy()] == 0).all()
    weights = draws(*result.shape, seed=7)
    (result * tensor(weights)).sum().backward()
    (expected * torch.tensor(weights)).sum().backward()
    for a, b in zip(ours, theirs, strict=True):
        close(a.grad.numpy(), b.grad.numpy(), scale=50)


def test_causal_mask_is_an_array() -> None:
    mask = nn.MultiHeadAttention(causal=True).create_causal_mask(2, 4, ndl.cpu())
    assert not isinstance(mask, ndl.Tensor)
    lowest = np.finfo(np.float32).min
    expected = [[[[0, 0, 0, lowest], [0, 0, 0, 0]]]]
    np.testing.assert_array_equal(ndl.Tensor.make_const(mask).numpy(), expected)


def test_attention_drops_weights_after_the_softmax() -> None:
    x = tensor(draws(BATCH, HEADS, TIME, DIM))
    attention = nn.MultiHeadAttention(dropout=0.4, causal=True, dtype=DTYPE)
    np.random.seed(3)
    result, probs = attention(x, x, x)
    np.random.seed(3)
    kept = np.random.rand(BATCH, HEADS, TIME, TIME) <= 0.6
    attention.eval()
    _, whole = attention(x, x, x)
    close(probs.numpy(), whole.numpy() * kept / 0.6, scale=10)
    close(result.numpy(), probs.numpy() @ x.numpy(), scale=10)


def test_attention_names_shapes_that_do_not_fit() -> None:
    q, k = tensor(draws(2, 3, 4, 5)), tensor(draws(2, 3, 4, 6))
    with pytest.raises(ValueError, match=r"\(2, 3, 4, 5\), but k has \(2, 3, 4, 6\)"):
        nn.MultiHeadAttention()(q, k, k)


def weights_of(module: Any) -> list[torch.Tensor]:
    return [torch_tensor(p.numpy()) for p in module.parameters()]


def norm(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.layer_norm(x, x.shape[-1:], weight, bias)


def attend(q: Any, k: Any, v: Any, parameters: list[torch.Tensor], heads: int, causal: bool) -> Any:
    """`AttentionLayer` by PyTorch's functions."""
    *norms, w_q, w_k, w_v, w_out = parameters
    projected = []
    for x, i, weight in zip((q, k, v), (0, 2, 4), (w_q, w_k, w_v), strict=True):
        y = norm(x, *norms[i : i + 2]) @ weight
        projected.append(y.unflatten(-1, (heads, -1)).transpose(1, 2))
    out = torch.nn.functional.scaled_dot_product_attention(*projected, is_causal=causal)
    return out.transpose(1, 2).flatten(2) @ w_out


def perturb(module: Any) -> None:
    """Weights that are all different, also in the normalizations."""
    for i, p in enumerate(module.parameters()):
        p.data = tensor(p.numpy() + 0.1 * draws(*p.shape, seed=i))


def compare(y: Any, z: torch.Tensor, ours: list[Any], theirs: list[torch.Tensor]) -> None:
    close(y.numpy(), z.detach().numpy(), scale=50)
    weights = draws(*y.shape, seed=3)
    (y * tensor(weights)).sum().backward()
    (z * torch.tensor(weights)).sum().backward()
    for a, b in zip(ours, theirs, strict=True):
        close(a.grad.numpy(), b.grad.numpy(), scale=500)


@pytest.mark.parametrize("causal", [False, True])
def test_self_attention(causal: bool) -> None:
    layer = nn.AttentionLayer(FEATURES, HEADS, DIM, causal=causal, dtype=DTYPE)
    perturb(layer)
    parameters, x = weights_of(layer), draws(BATCH, TIME, FEATURES)
    mine, other = tensor(x), torch_tensor(x)
    expected = attend(other, other, other, parameters, HEADS, causal)
    compare(layer(mine), expected, [mine, *layer.parameters()], [other, *parameters])


def test_attention_to_something_else() -> None:
    layer = nn.AttentionLayer(
        FEATURES,
        HEADS,
        DIM,
        k_features=4,
        v_features=3,
        out_features=2,
        causal=False,
        dtype=DTYPE,
    )
    perturb(layer)
    arrays = [draws(BATCH, *shape) for shape in ((TIME, FEATURES), (7, 4), (7, 3))]
    mine, others = [tensor(a) for a in arrays], [torch_tensor(a) for a in arrays]
    parameters = weights_of(layer)
    y = layer(*mine)
    assert y.shape == (BATCH, TIME, 2)
    expected = attend(*others, parameters, HEADS, False)
    compare(y, expected, [*mine, *layer.parameters()], [*others, *parameters])


def transform(x: torch.Tensor, parameters: list[torch.Tensor], heads: int) -> torch.Tensor:
    """`TransformerLayer` by PyTorch's functions."""
    attention, (scale, shift, w1, b1, w2, b2) = parameters[:10], parameters[10:]
    x = x + attend(x, x, x, attention, heads, True)
    return x + torch.relu(norm(x, scale, shift) @ w1 + b1) @ w2 + b2


def test_transformer_layer() -> None:
    layer = nn.TransformerLayer(FEATURES, HEADS, DIM, 8, dtype=DTYPE)
    perturb(layer)
    parameters, x = weights_of(layer), draws(BATCH, TIME, FEATURES)
    mine, other = tensor(x), torch_tensor(x)
    expected = transform(other, parameters, HEADS)
    compare(layer(mine), expected, [mine, *layer.parameters()], [other, *parameters])


@pytest.mark.parametrize("batch_first", [False, True])
def test_transformer(batch_first: bool) -> None:
    model = nn.Transformer(
        FEATURES, 8, 2, num_head=2, dim_head=3, batch_first=batch_first, sequence_len=9, dtype=DTYPE
    )
    perturb(model)
    parameters, x = weights_of(model), draws(BATCH, TIME, FEATURES)
    other = torch_tensor(x)
    expected = other + parameters[0][:TIME]
    for layer in (parameters[1:17], parameters[17:]):
        expected = transform(expected, layer, heads=2)
    mine = tensor(x if batch_first else x.swapaxes(0, 1))
    y, state = model(mine)
    assert state.shape == y.shape == mine.shape
    assert not state.numpy().any()
    y = y if batch_first else y.transpose((0, 1))
    close(y.numpy(), expected.detach().numpy(), scale=50)
    (y * y).sum().backward()
    (expected * expected).sum().backward()
    for p, q in zip(model.parameters(), parameters, strict=True):
        close(p.grad.numpy(), q.grad.numpy(), scale=5000 if ND else 500)


def drawn(*shape: int) -> np.ndarray:
    """What `Linear` draws for a weight."""
    return (2 * np.random.rand(*shape) - 1) * np.sqrt(6 / shape[0])


def test_transformer_draws_in_order() -> None:
    np.random.seed(4)
    model = nn.Transformer(4, 5, 2, num_head=2, dim_head=3, sequence_len=7)
    np.random.seed(4)
    expected = [np.random.randn(7, 4)]
    for _ in range(2):
        expected += [drawn(4, 6), drawn(4, 6), drawn(4, 6), drawn(6, 4)]
        expected += [drawn(4, 5), drawn(5, 1).T, drawn(5, 4), drawn(4, 1).T]
    actual = [p for p in model.parameters() if len(p.shape) == 2]  # the others are constant
    for p, array in zip(actual, expected, strict=True):
        np.testing.assert_allclose(p.numpy(), array, rtol=1e-5, atol=1e-6)


def test_dropout_draws_in_order() -> None:
    """Attention weights, then behind the attention, the ReLU, the second linear layer."""
    layer = nn.TransformerLayer(FEATURES, HEADS, DIM, 8, dropout=0.5, dtype=DTYPE)
    np.random.seed(5)
    layer(tensor(draws(BATCH, TIME, FEATURES)))
    after = np.random.rand()
    np.random.seed(5)
    for shape in [(HEADS, TIME, TIME), (TIME, FEATURES), (TIME, 8), (TIME, FEATURES)]:
        np.random.rand(BATCH, *shape)
    assert np.random.rand() == after


def test_a_causal_transformer_does_not_see_what_comes() -> None:
    model = nn.Transformer(FEATURES, 8, 2, num_head=2, dim_head=3, batch_first=True, dtype=DTYPE)
    x = draws(1, TIME, FEATURES)
    changed = x.copy()
    changed[0, 3] += 1
    before, after = (model(tensor(a))[0].numpy()[0] for a in (x, changed))
    np.testing.assert_array_equal(before[:3], after[:3])
    assert (before[3:] != after[3:]).any(axis=1).all()
