"""A homework-4-extra file as courses write them: attention against golden arrays of its own."""

import sys

sys.path.append("./python")
sys.path.append("./apps")

import mugrade
import needle as ndl
import needle.nn as nn
import numpy as np
import pytest
import torch

np.random.seed(3)

_DEVICES = [
    ndl.cpu(),
    pytest.param(ndl.cuda(), marks=pytest.mark.skipif(not ndl.cuda().enabled(), reason="No GPU")),
]


def attention(q, k, v, causal):
    scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(q.shape[-1])
    if causal:
        i, j = scores.shape[-2:]
        scores = scores - np.triu(np.full((i, j), np.finfo(np.float32).max), j - i + 1)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs @ v, probs


@pytest.mark.parametrize("batch_size", [2])
@pytest.mark.parametrize("num_heads", [1, 3])
@pytest.mark.parametrize("queries_len", [5])
@pytest.mark.parametrize("keys_len", [5, 7])
@pytest.mark.parametrize("inner_dim", [4])
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("dropout", [0.0, 0.1])
@pytest.mark.parametrize("device", _DEVICES, ids=["cpu", "cuda"])
def test_attention_activation(
    batch_size, num_heads, queries_len, keys_len, inner_dim, causal, dropout, device
):
    np.random.seed(19943)
    q = np.random.randn(batch_size, num_heads, queries_len, inner_dim).astype(np.float32)
    k = np.random.randn(batch_size, num_heads, keys_len, inner_dim).astype(np.float32)
    v = np.random.randn(batch_size, num_heads, keys_len, inner_dim).astype(np.float32)
    layer = nn.MultiHeadAttention(dropout=dropout, causal=causal, device=device)
    state = np.random.get_state()
    result, probs = layer(
        ndl.Tensor(q, device=device), ndl.Tensor(k, device=device), ndl.Tensor(v, device=device)
    )
    want, want_probs = attention(q, k, v, causal)
    if dropout:
        np.random.set_state(state)
        mask = (np.random.rand(*want_probs.shape) <= 1 - dropout) / (1 - dropout)
        want_probs = want_probs * mask
        want = want_probs @ v
    np.testing.assert_allclose(probs.numpy(), want_probs, atol=1e-5, rtol=1e-5)
    np.testing.assert_allclose(result.numpy(), want, atol=1e-5, rtol=1e-5)
    assert result.device == device


def test_parts_of_attention():
    layer = nn.MultiHeadAttention(causal=True)
    mask = layer.create_causal_mask(3, 4, ndl.cpu())
    assert mask.shape == (1, 1, 3, 4)
    want = -np.finfo(np.float32).max * np.triu(np.ones((3, 4)), 2)
    np.testing.assert_allclose(mask.numpy().reshape(3, 4), want)
    a, b = np.random.randn(2, 3, 4, 5), np.random.randn(2, 3, 6, 5)
    got = layer.matmul(ndl.Tensor(a, device=ndl.cpu()), ndl.Tensor(b, device=ndl.cpu()))
    np.testing.assert_allclose(got.numpy(), a @ b.transpose(0, 1, 3, 2), atol=1e-5, rtol=1e-5)
    x = np.random.randn(2, 3, 4, 5).astype(np.float32)
    np.testing.assert_allclose(
        layer.softmax(ndl.Tensor(x, device=ndl.cpu())).numpy(),
        torch.softmax(torch.tensor(x), dim=3).numpy(), atol=1e-6,
    )


def layer_norm(x):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)


def attention_layer(weights, heads, q, k, v, causal):
    def split(x):
        return x.reshape(x.shape[0], x.shape[1], heads, -1).transpose(0, 2, 1, 3)

    q, k, v = (split(layer_norm(x) @ w) for x, w in zip((q, k, v), weights[:3]))
    out, _ = attention(q, k, v, causal)
    out = out.transpose(0, 2, 1, 3)
    return out.reshape(*out.shape[:2], -1) @ weights[3]


@pytest.mark.parametrize("num_head,dim_head", [(2, 4), (1, 8)])
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("self_attention", [True, False])
@pytest.mark.parametrize("device", _DEVICES, ids=["cpu", "cuda"])
def test_attention_layer(num_head, dim_head, causal, self_attention, device):
    np.random.seed(19943)
    q, k, v = (np.random.randn(3, 5, 6).astype(np.float32) for _ in range(3))
    layer = nn.AttentionLayer(6, num_head, dim_head, dropout=0.0, causal=causal, device=device)
    names = ["q_projection", "k_projection", "v_projection", "out_projection"]
    weights = [getattr(layer, name).weight.numpy() for name in names]
    assert weights[3].shape == (num_head * dim_head, 6)
    if self_attention:
        got = layer(ndl.Tensor(q, device=device))
        want = attention_layer(weights, num_head, q, q, q, causal)
    else:
        got = layer(*(ndl.Tensor(x, device=device) for x in (q, k, v)))
        want = attention_layer(weights, num_head, q, k, v, causal)
    np.testing.assert_allclose(got.numpy(), want, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("device", _DEVICES, ids=["cpu", "cuda"])
def test_transformer_layer(causal, device, tmp_path):
    np.random.seed(19943)
    x = np.random.randn(2, 5, 8).astype(np.float32)
    np.random.seed(7)
    layer = nn.TransformerLayer(8, 2, 4, 16, dropout=0.0, causal=causal, device=device)
    np.random.seed(7)
    draw = lambda n, m: (np.random.rand(n, m) * 2 - 1) * np.sqrt(6 / n)
    weights = [draw(8, 8) for _ in range(4)]
    w1, b1 = draw(8, 16), draw(16, 1).T
    w2, b2 = draw(16, 8), draw(8, 1).T
    y = x + attention_layer(weights, 2, x, x, x, causal)
    y = y + np.maximum(layer_norm(y) @ w1 + b1, 0) @ w2 + b2
    np.save(tmp_path / f"layer-{str(device)}.npy", y)
    want = np.load(tmp_path / f"layer-{device}.npy")
    got = layer(ndl.Tensor(x, device=device))
    np.testing.assert_allclose(got.numpy(), want, atol=1e-4, rtol=1e-4)
    got.sum().backward()
    assert all(p.grad is not None for p in layer.parameters())


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("device", _DEVICES, ids=["cpu", "cuda"])
def test_transformer_model(batch_first, num_layers, causal, device):
    np.random.seed(19943)
    x = ndl.Tensor(np.random.randn(3, 5, 8).astype(np.float32), device=device, requires_grad=True)
    model = nn.Transformer(
        8, 6, num_layers, num_head=2, dim_head=4, dropout=0.0, causal=causal, device=device,
        batch_first=batch_first, sequence_len=9,
    )
    out, state = model(x)
    assert out.shape == (3, 5, 8)
    assert state.shape == x.shape and np.abs(state.numpy()).max() == 0
    out.sum().backward()
    assert x.grad.shape == x.shape
    order = (1, 0) if batch_first else (0, 1)
    assert np.isfinite(out.numpy()).all() and order
    if causal:
        changed = x.numpy().copy()
        if batch_first:
            changed[:, 4] += 1
        else:
            changed[2] += 1
        other, _ = model(ndl.Tensor(changed, device=device))
        same = np.s_[:, :4] if batch_first else np.s_[:2]
        np.testing.assert_allclose(other.numpy()[same], out.numpy()[same], atol=1e-5, rtol=1e-5)


def test_language_model_with_transformer():
    from models import LanguageModel

    np.random.seed(1)
    model = LanguageModel(8, 11, 6, 1, seq_model="transformer", seq_len=7)
    x = ndl.Tensor(np.random.randint(11, size=(7, 2)).astype(np.float32))
    out, h = model(x)
    assert out.shape == (14, 11)
    loss = nn.SoftmaxLoss()(out, ndl.Tensor(np.random.randint(11, size=14)))
    loss.backward()
    opt = ndl.optim.Adam(model.parameters(), lr=0.01)
    opt.step()


@pytest.mark.parametrize("seq", [1, 4])
def test_transformer_trains(seq):
    from simple_ml import train_ptb
    from models import LanguageModel

    np.random.seed(1)
    data = (np.arange(60) % 6).reshape(20, 3).astype(np.float32)
    model = LanguageModel(8, 6, 8, 1, seq_model="transformer", seq_len=8, device=ndl.cpu())
    acc, loss = train_ptb(
        model, data, seq_len=seq, n_epochs=2, optimizer=ndl.optim.Adam, lr=0.003, device=ndl.cpu()
    )
    assert np.isfinite(float(np.asarray(loss).reshape(())))


def submit_attention():
    mugrade.submit(nn.MultiHeadAttention().softmax(ndl.init.ones(1, 1, 2, 2)).numpy())
