"""Every kind of module, and both optimizers, on every device of this machine: the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import models
import needle as ndl
import needle.nn as nn
import numpy as np
import pytest
import simple_ml
from modes import ND, draws

NAMES = ["cuda", "cpu_numpy"] if ND else ["cuda"]


@pytest.fixture(params=NAMES)
def device(request: pytest.FixtureRequest) -> Any:
    device = getattr(ndl, request.param)()
    if not device.enabled():
        pytest.skip(f"{device} is not enabled here")
    return device


def images(device: Any) -> Any:
    model = nn.Sequential(
        nn.Conv(3, 4, 3, stride=2, device=device),
        nn.BatchNorm2d(4, device=device),
        nn.ReLU(),
        nn.Residual(nn.Conv(4, 4, 3, device=device)),
        nn.Flatten(),
        nn.Linear(64, 5, device=device),
        nn.LayerNorm1d(5, device=device),
        nn.Dropout(0.3),
    )
    return model, draws(6, 3, 8, 8), np.array([0, 4, 2, 2, 1, 3])


def words(kind: str, device: Any) -> Any:
    model = models.LanguageModel(6, 9, 8, 2, kind, seq_len=5, device=device)
    text = np.random.default_rng(0).integers(0, 9, (6, 3))
    return model, text[:-1], text[1:].reshape(-1)


MODELS: dict[str, Callable[[Any], Any]] = {
    "images": images,
    "rnn": lambda device: words("rnn", device),
    "lstm": lambda device: words("lstm", device),
    "transformer": lambda device: words("transformer", device),
}


def trained(make: Callable[[Any], Any], device: Any, optimizer: Any) -> list[Any]:
    """The parameters after two steps."""
    np.random.seed(0)
    model, x, y = make(device)
    opt = optimizer(model.parameters(), lr=0.01, weight_decay=0.01)
    for _ in range(2):
        inputs, labels = (
            ndl.Tensor(a, device=device, dtype="float32", requires_grad=False) for a in (x, y)
        )
        out = model(inputs)
        loss = nn.SoftmaxLoss()(out[0] if isinstance(out, tuple) else out, labels)
        opt.reset_grad()
        loss.backward()
        if optimizer is ndl.optim.SGD:
            opt.clip_grad_norm(0.5)
        opt.step()
    assert loss.device == device
    assert {p.grad.device == device for p in model.parameters()} == {True}
    return [p.numpy() for p in model.parameters()]


# Not Adam for attention: the gradient of a bias before keys is zero but for rounding, which Adam
# makes steps of.
CASES = [(name, ndl.optim.SGD) for name in MODELS]
CASES += [(name, ndl.optim.Adam) for name in MODELS if name != "transformer"]


@pytest.mark.parametrize(("name", "optimizer"), CASES)
def test_two_steps_of_training(name: str, optimizer: Any, device: Any) -> None:
    ours = trained(MODELS[name], device, optimizer)
    expected = trained(MODELS[name], ndl.cpu(), optimizer)
    for actual, array in zip(ours, expected, strict=True):
        np.testing.assert_allclose(actual, array, rtol=1e-3, atol=2e-4)


def test_programs_take_batches_to_the_device_of_the_model(device: Any) -> None:
    np.random.seed(0)
    model, x, y = images(device)
    loader = ndl.data.DataLoader(ndl.data.NDArrayDataset(x.astype("float32"), y), batch_size=4)
    for result in (
        simple_ml.train_cifar10(model, loader),
        simple_ml.evaluate_cifar10(model, loader),
    ):
        assert np.isfinite(result).all()
    language, _, _ = words("lstm", device)
    text = ndl.data.batchify([i % 9 for i in range(40)], 2, device, "float32")
    for function in (simple_ml.train_ptb, simple_ml.evaluate_ptb):
        assert np.isfinite(function(language, text, seq_len=5, device=device)).all()
