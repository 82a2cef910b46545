"""The applications of homework 1: reading MNIST, the softmax loss, an epoch of training."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import needle as ndl
import numpy as np
import pytest
import torch
from needle.autograd import Tensor
from simple_ml import loss_err, nn_epoch, parse_mnist, softmax_loss
from test_autograd import gradient_check


def write_idx(folder: Path, pixels: np.ndarray, labels: np.ndarray) -> tuple[str, str]:
    images_path, labels_path = folder / "images.gz", folder / "labels.gz"
    images_path.write_bytes(
        gzip.compress(struct.pack(">IIII", 2051, *pixels.shape) + pixels.tobytes())
    )
    labels_path.write_bytes(gzip.compress(struct.pack(">II", 2049, len(labels)) + labels.tobytes()))
    return str(images_path), str(labels_path)


def test_parse_mnist(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    pixels = random.integers(256, size=(7, 3, 5)).astype(np.uint8)
    pixels[0, 0, :2] = 0, 255
    labels = random.integers(10, size=7).astype(np.uint8)
    x, y = parse_mnist(*write_idx(tmp_path, pixels, labels))
    assert (x.dtype, x.shape) == (np.float32, (7, 15))
    assert (y.dtype, y.shape) == (np.uint8, (7,))
    np.testing.assert_array_equal(x, pixels.reshape(7, 15) / np.float32(255))
    np.testing.assert_array_equal(y, labels)
    assert x[0, :2].tolist() == [0.0, 1.0]
    assert x.flags.writeable
    assert y.flags.writeable


def test_parse_mnist_refuses_another_format(tmp_path: Path) -> None:
    pixels, labels = np.zeros((9, 2, 2), np.uint8), np.zeros(9, np.uint8)
    images_path, labels_path = write_idx(tmp_path, pixels, labels)
    with pytest.raises(ValueError, match=r"labels\.gz: magic number 2049, but images have 2051"):
        parse_mnist(labels_path, images_path)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softmax_loss_against_torch(dtype: str) -> None:
    random = np.random.default_rng(0)
    z, y = random.standard_normal((50, 10)).astype(dtype), random.integers(10, size=50)
    ours = Tensor(z)
    loss = softmax_loss(ours, Tensor(np.eye(10, dtype=dtype)[y]))
    loss.sum().backward()
    theirs = torch.tensor(z, requires_grad=True)
    expected = torch.nn.functional.cross_entropy(theirs, torch.tensor(y))
    expected.backward()
    assert (loss.shape, loss.dtype) == ((), dtype)
    np.testing.assert_allclose(loss.numpy(), expected.detach().numpy(), rtol=1e-5)
    assert ours.grad.dtype == dtype
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-4, atol=1e-6)


def test_softmax_loss_is_differentiable_in_both_arguments() -> None:
    random = np.random.default_rng(0)
    z = Tensor(random.standard_normal((6, 4)))
    one_hot = Tensor(np.eye(4)[random.integers(4, size=6)])
    gradient_check(softmax_loss, z, one_hot, backward=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [50, 20, 7])
def test_an_epoch_against_torch(dtype: str, batch: int) -> None:
    random = np.random.default_rng(0)
    x, y = random.standard_normal((50, 5)).astype(dtype), random.integers(3, size=50)
    first = random.standard_normal((5, 10)).astype(dtype)
    second = random.standard_normal((10, 3)).astype(dtype)
    given = Tensor(first), Tensor(second)
    ours = nn_epoch(x, y.astype(np.uint8), *given, lr=0.3, batch=batch)

    theirs = [torch.tensor(w, requires_grad=True) for w in (first, second)]
    optimizer = torch.optim.SGD(theirs, lr=0.3)
    for start in range(0, 50, batch):
        x_batch, y_batch = torch.tensor(x[start:][:batch]), torch.tensor(y[start:][:batch])
        optimizer.zero_grad()
        logits = torch.relu(x_batch @ theirs[0]) @ theirs[1]
        torch.nn.functional.cross_entropy(logits, y_batch).backward()
        optimizer.step()

    for actual, expected in zip(ours, theirs, strict=True):
        assert isinstance(actual, Tensor)
        assert actual.dtype == dtype
        tolerance = 1e-10 if dtype == "float64" else 1e-4
        np.testing.assert_allclose(
            actual.numpy(), expected.detach().numpy(), rtol=tolerance, atol=tolerance
        )
    np.testing.assert_array_equal(given[0].numpy(), first)
    np.testing.assert_array_equal(given[1].numpy(), second)


@pytest.mark.parametrize("lr", [0.1, np.float64(0.1), np.float32(0.1)])
def test_an_epoch_keeps_float32_whatever_the_step_size_is(lr: float) -> None:
    x, y = np.ones((4, 3), dtype="float32"), np.zeros(4, dtype="uint8")
    for weights in nn_epoch(x, y, ndl.init.rand(3, 4), ndl.init.rand(4, 2), lr=lr, batch=2):
        assert weights.dtype == np.float32


def test_weights_of_another_precision_than_the_images() -> None:
    """With NumPy 2, a float32 draw divided by np.sqrt is float64."""
    x, y = np.ones((4, 3), dtype="float32"), np.zeros(4, dtype="uint8")
    w1 = Tensor(np.ones((3, 4), dtype="float32") / np.sqrt(4))
    w2 = Tensor(np.ones((4, 2), dtype="float32"))
    new1, new2 = nn_epoch(x, y, w1, w2, batch=2)
    assert (new1.dtype, new2.dtype) == (np.float64, np.float32)


def test_loss_err() -> None:
    logits = Tensor(np.array([[2.0, 0.0], [0.0, 3.0], [1.0, 0.0], [0.0, 1.0]]))
    loss, error = loss_err(logits, np.array([0, 1, 1, 1], dtype=np.uint8))
    assert type(loss) is np.ndarray
    assert error == 0.25
    expected = np.log1p(np.exp([-2.0, -3.0, 1.0, -1.0])).mean()
    np.testing.assert_allclose(loss, expected)


def test_training_learns_the_digits_of_scikit_learn() -> None:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)
    random = np.random.default_rng(0)
    w1 = Tensor(random.standard_normal((64, 50), dtype="float32") / 7)
    w2 = Tensor(random.standard_normal((50, 10), dtype="float32") / 3)
    for _ in range(5):
        w1, w2 = nn_epoch(x[:1400], y[:1400], w1, w2, lr=0.2, batch=50)
    _, error = loss_err(ndl.relu(Tensor(x[1400:]) @ w1) @ w2, y[1400:])
    assert error < 0.15
