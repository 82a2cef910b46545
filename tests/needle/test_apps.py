"""The programs: models against PyTorch's, training on made-up data, the state of the generator."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlp_resnet
import models
import needle as ndl
import needle.nn as nn
import needle.optim
import numpy as np
import pytest
import simple_ml
import torch
from modes import DTYPE, close, draws, tensor
from test_data import write_cifar10, write_mnist
from torch_modules import Residual, compare_gradients, copy_weights

from benchmarks import torch_models

REFERENCE = Path(ndl.__file__).parents[2]


def test_mlp_resnet_is_built_in_order() -> None:
    np.random.seed(1)
    ours = mlp_resnet.MLPResNet(6, hidden_dim=4, num_blocks=2, num_classes=3, drop_prob=0.0)
    np.random.seed(1)
    for layer in ours.parameters():
        if layer.shape[0] != 1 and len(layer.shape) == 2:
            expected = nn.Linear(*layer.shape).weight.numpy()
            np.testing.assert_array_equal(layer.numpy(), expected)
    shapes = [p.shape for p in ours.parameters()]
    block = [(4, 2), (1, 2), (2,), (2,), (2, 4), (1, 4), (4,), (4,)]
    assert shapes == [(6, 4), (1, 4), *block, *block, (4, 3), (1, 3)]


@pytest.mark.parametrize("norm", [nn.BatchNorm1d, nn.LayerNorm1d])
def test_residual_block_against_torch(norm: Any) -> None:
    def their_norm(dim: int) -> torch.nn.Module:
        kind = torch.nn.BatchNorm1d if norm is nn.BatchNorm1d else torch.nn.LayerNorm
        return kind(dim)

    ours = mlp_resnet.ResidualBlock(6, 4, norm=norm, drop_prob=0.0)
    theirs = torch.nn.Sequential(
        Residual(
            torch.nn.Sequential(
                torch.nn.Linear(6, 4), their_norm(4), torch.nn.ReLU(), torch.nn.Identity(),
                torch.nn.Linear(4, 6), their_norm(6),
            )
        ),
        torch.nn.ReLU(),
    )  # fmt: skip
    found = copy_weights(ours, theirs, dtype="float32")
    x = draws(5, 6).astype("float32")
    y, z = ours(ndl.Tensor(x)), theirs(torch.tensor(x))
    np.testing.assert_allclose(y.numpy(), z.detach().numpy(), rtol=1e-4, atol=1e-5)
    y.sum().backward()
    z.sum().backward()
    for p, q, arrange in found:
        np.testing.assert_allclose(arrange(p.grad.numpy()), q.grad.numpy(), rtol=1e-3, atol=1e-4)


@pytest.fixture(scope="module")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("mnist")
    write_mnist(folder, 60)
    write_mnist(folder, 25, part="t10k", seed=1)
    return str(folder)


def test_train_mnist(mnist: str) -> None:
    settings = {"batch_size": 20, "lr": 0.01, "hidden_dim": 16, "data_dir": mnist}
    first = mlp_resnet.train_mnist(epochs=1, **settings)
    last = mlp_resnet.train_mnist(epochs=8, **settings)
    assert [type(value) for value in last] == [float] * 4
    assert last[0] < first[0]  # error in training
    assert last[1] < first[1] / 2  # loss in training
    assert last == mlp_resnet.train_mnist(epochs=8, **settings)


def test_epoch_weighs_batches_by_their_size() -> None:
    """Without an optimizer, nothing changes, and the last short batch counts as little as it is."""
    X, y = draws(25, 6).astype("float32"), np.arange(25) % 3  # noqa: N806
    model = mlp_resnet.MLPResNet(6, hidden_dim=4, num_blocks=1, num_classes=3)
    before = [p.numpy() for p in model.parameters()]
    data = ndl.data.NDArrayDataset(X, y)
    results = [
        mlp_resnet.epoch(ndl.data.DataLoader(data, batch_size=size), model) for size in (25, 20, 1)
    ]
    np.testing.assert_allclose(results, results[:1] * 3, rtol=1e-5)
    assert not model.training
    logits = model(ndl.Tensor(X)).numpy()
    expected = torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(y))
    np.testing.assert_allclose(
        results[0], [(logits.argmax(axis=1) != y).mean(), expected], rtol=1e-5
    )
    for p, array in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.numpy(), array)


def test_resnet9_against_torch() -> None:
    ours, theirs = models.ResNet9(dtype=DTYPE), torch_models.resnet9().to(getattr(torch, DTYPE))
    found = copy_weights(ours.layers, theirs)
    x = draws(4, 3, 32, 32)
    y, z = ours(tensor(x)), theirs(torch.tensor(x))
    scale = np.abs(y.numpy()).max()
    close(y.numpy() / scale, z.detach().numpy() / scale, scale=10)
    (y / scale).sum().backward()
    (z / float(scale)).sum().backward()
    compare_gradients(found, scale=2000)


def test_resnet9_is_built_in_order() -> None:
    np.random.seed(1)
    convs = [p for p in models.ResNet9().parameters() if len(p.shape) == 4]
    np.random.seed(1)
    for weight in convs:
        k, _, a, b = weight.shape
        np.testing.assert_array_equal(weight.numpy(), nn.Conv(a, b, k).weight.numpy())
    assert [w.shape[2:] for w in convs] == [
        (3, 16), (16, 32), (32, 32), (32, 32), (32, 64), (64, 128), (128, 128), (128, 128)
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
@pytest.mark.parametrize("layers", [1, 2])
def test_language_model_against_torch(kind: str, layers: int) -> None:
    ours = models.LanguageModel(5, 9, 6, layers, kind, dtype=DTYPE)
    embedding = torch.nn.Embedding(9, 5)
    sequence = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM}[kind](5, 6, layers)
    linear = torch.nn.Linear(6, 9)
    pairs = zip(
        (ours.embedding, ours.seq_model, ours.linear), (embedding, sequence, linear), strict=True
    )
    found = [pair for a, b in pairs for pair in copy_weights(a, b.to(getattr(torch, DTYPE)))]
    words = np.random.default_rng(0).integers(0, 9, (4, 3))
    out, h = ours(tensor(words))
    hidden, h_torch = sequence(embedding(torch.tensor(words)))
    expected = linear(hidden.flatten(0, 1))
    close(out.numpy(), expected.detach().numpy(), scale=10)
    for a, b in zip(*([s] if kind == "rnn" else s for s in (h, h_torch)), strict=True):
        close(a.numpy(), b.detach().numpy(), scale=10)
    weights = draws(*out.shape)
    (out * tensor(weights)).sum().backward()
    (expected * torch.tensor(weights)).sum().backward()
    compare_gradients(found, scale=50)


def test_language_model_with_a_transformer() -> None:
    np.random.seed(1)
    model = models.LanguageModel(6, 9, 5, 2, "transformer", seq_len=7)
    np.random.seed(1)
    parts = (nn.Embedding(9, 6), nn.Transformer(6, 5, 2, sequence_len=7), nn.Linear(6, 9))
    expected = [p for part in parts for p in part.parameters()]
    for p, q in zip(model.parameters(), expected, strict=True):
        np.testing.assert_array_equal(p.numpy(), q.numpy())
    out, h = model(ndl.Tensor(np.zeros((7, 2)), dtype="float32"))
    assert (out.shape, h.shape) == ((14, 9), (7, 2, 6))


def test_language_model_names_a_kind_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="no sequence model 'gru'"):
        models.LanguageModel(1, 1, 1, seq_model="gru")


def test_cifar10_training(tmp_path: Path) -> None:
    write_cifar10(tmp_path, 8)
    data = ndl.data.CIFAR10Dataset(str(tmp_path), train=True)
    loader = ndl.data.DataLoader(data, batch_size=16)
    np.random.seed(0)
    model = models.ResNet9()
    start = simple_ml.evaluate_cifar10(model, loader)
    first = simple_ml.train_cifar10(model, loader, n_epochs=1, lr=0.003)
    last = simple_ml.train_cifar10(model, loader, n_epochs=4, lr=0.003)
    assert [type(value) for value in last] == [float, float]
    assert last[0] > first[0]
    assert last[1] < first[1] < 2 * start[1]
    assert model.training
    for size in (40, 7):
        result = simple_ml.evaluate_cifar10(model, ndl.data.DataLoader(data, batch_size=size))
        if size == 40:
            whole = result
    np.testing.assert_allclose(result, whole, rtol=1e-4)
    assert not model.training


TEXT = ndl.data.batchify([i * i % 7 for i in range(95)], 3, ndl.cpu(), "float32")  # (31, 3)


def replay_ptb(model: Any, opt: Any, clip: float | None) -> tuple[float, float]:
    """`epoch_general_ptb` in another way: all chunks first, then one after the other."""
    chunks = [ndl.data.get_batch(TEXT, i, 8, dtype="float32") for i in range(0, 30, 8)]
    assert [y.shape[0] for _, y in chunks] == [24, 24, 24, 18]
    h, losses, correct = None, [], []
    for x, y in chunks:
        out, h = model(x, h)
        h = (
            tuple(ndl.Tensor(s.numpy()) for s in h)
            if isinstance(h, tuple)
            else ndl.Tensor(h.numpy())
        )
        loss = nn.SoftmaxLoss()(out, y)
        losses += [loss.numpy().item()] * y.shape[0]
        correct += (out.numpy().argmax(axis=1) == y.numpy()).tolist()
        if opt:
            loss.backward()
            if clip:
                opt.clip_grad_norm(clip)
            opt.step()
    return float(np.mean(correct)), float(np.mean(losses))


@pytest.mark.parametrize(("kind", "lr"), [("rnn", 0.5), ("lstm", 0.5), ("transformer", 0.01)])
def test_ptb_training(kind: str, lr: float) -> None:
    def model() -> Any:
        np.random.seed(0)
        return models.LanguageModel(6, 7, 8, 1, kind, seq_len=8)

    ours, expected = model(), model()
    for clip in (None, 0.25):
        result = simple_ml.train_ptb(ours, TEXT, seq_len=8, lr=lr, clip=clip, n_epochs=2)
        opt = ndl.optim.SGD(expected.parameters(), lr=lr)
        for _ in range(2):
            replayed = replay_ptb(expected, opt, clip)
        np.testing.assert_allclose(result, replayed, rtol=1e-4)
    result = simple_ml.evaluate_ptb(ours, TEXT, seq_len=8)
    np.testing.assert_allclose(result, replay_ptb(expected, None, None), rtol=1e-4)
    for p, q in zip(ours.parameters(), expected.parameters(), strict=True):
        np.testing.assert_allclose(p.numpy(), q.numpy(), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_ptb_training_learns(kind: str) -> None:
    np.random.seed(0)
    model = models.LanguageModel(8, 7, 16, 1, kind)
    accuracy, loss = simple_ml.train_ptb(
        model, TEXT, seq_len=10, n_epochs=15, optimizer=ndl.optim.Adam, lr=0.02
    )
    assert accuracy > 0.7
    assert loss < 1.2


def drawn_after(call: Callable[[], Any]) -> float:
    np.random.seed(77)
    call()
    return np.random.rand()


def test_training_draws_nothing_after_its_seed(tmp_path: Path) -> None:
    write_cifar10(tmp_path, 2)
    data = ndl.data.CIFAR10Dataset(str(tmp_path), train=False)
    loader = ndl.data.DataLoader(data, batch_size=2)
    resnet, lstm = models.ResNet9(), models.LanguageModel(3, 7, 4, 1, "lstm")
    np.random.seed(4)
    expected = np.random.rand()
    for call in (
        lambda: simple_ml.train_cifar10(resnet, loader),
        lambda: simple_ml.evaluate_cifar10(resnet, loader),
        lambda: simple_ml.train_ptb(lstm, TEXT, lr=0.1),
        lambda: simple_ml.evaluate_ptb(lstm, TEXT),
    ):
        assert drawn_after(call) == expected


IMPORTS = [
    "from simple_ml import *; ResNet9; device",
    "import models; models.ResNet9",
    "from mlp_resnet import *; MLPResNet",
    "import sys; sys.path.append('{root}'); from apps.models import *; ResNet9",
    "import sys; sys.path.append('{root}'); import apps.simple_ml; apps.simple_ml.train_ptb",
]


@pytest.mark.parametrize("statement", IMPORTS)
def test_apps_are_imported_from_anywhere(statement: str, tmp_path: Path) -> None:
    paths = f"{REFERENCE / 'python'}:{REFERENCE / 'apps'}"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", statement.format(root=REFERENCE)],
        cwd=tmp_path,
        env={"PYTHONPATH": paths, "NEEDLE_BACKEND": "np", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
