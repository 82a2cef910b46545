"""Data: the files of the course where they are, and small ones in the same format."""

import gzip
import struct
import sys

sys.path.append("./python")
sys.path.append("./apps")

import needle as ndl
import numpy as np
import pytest
from simple_ml import *

TRAIN = "data/train-images-idx3-ubyte.gz", "data/train-labels-idx1-ubyte.gz"


@pytest.fixture
def written(tmp_path):
    rng = np.random.default_rng(5)
    pixels = rng.integers(0, 256, (30, 4, 6), dtype=np.uint8)
    pixels[0, 0, 0], pixels[1, 0, 0] = 0, 255
    labels = rng.integers(0, 10, 30, dtype=np.uint8)
    with gzip.open(tmp_path / "images.gz", "wb") as file:
        file.write(struct.pack(">iiii", 2051, 30, 4, 6) + pixels.tobytes())
    with gzip.open(tmp_path / "labels.gz", "wb") as file:
        file.write(struct.pack(">ii", 2049, 30) + labels.tobytes())
    return tmp_path, pixels, labels


def test_parse_mnist_of_the_course():
    X, y = parse_mnist(*TRAIN)
    assert X.dtype == np.float32
    assert y.dtype == np.uint8
    assert X.shape == (60000, 784)
    assert y.shape == (60000,)
    np.testing.assert_allclose(X[0].max(), 1.0)


def test_epoch_on_the_course_data():
    X, y = parse_mnist("data/train-images-idx3-ubyte.gz", "data/train-labels-idx1-ubyte.gz")
    np.random.seed(0)
    W1 = ndl.Tensor(np.random.randn(X.shape[1], 100).astype(np.float32) / np.sqrt(100))
    W2 = ndl.Tensor(np.random.randn(100, 10).astype(np.float32) / np.sqrt(10))
    W1, W2 = nn_epoch(X, y, W1, W2, lr=0.2, batch=100)
    loss, error = loss_err(ndl.relu(ndl.Tensor(X) @ W1) @ W2, y)
    assert loss < 2.3
    assert error < 0.9


def test_softmax_loss_on_the_course_data():
    X, y = parse_mnist(*TRAIN)
    Z = ndl.Tensor(np.zeros((y.shape[0], 10)).astype(np.float32))
    y_one_hot = np.zeros((y.shape[0], 10))
    y_one_hot[np.arange(y.size), y] = 1
    y = ndl.Tensor(y_one_hot)
    np.testing.assert_allclose(softmax_loss(Z, y).numpy(), 2.3025850, rtol=1e-6, atol=1e-6)


def test_parse_written_files(written):
    folder, pixels, labels = written
    X, y = parse_mnist(str(folder / "images.gz"), str(folder / "labels.gz"))
    assert X.shape == (30, 24)
    assert X.dtype == np.float32
    assert y.dtype == np.uint8
    np.testing.assert_allclose(X, pixels.reshape(30, 24) / 255, rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(y, labels)
    assert X.min() == 0.0 and X.max() == 1.0
    assert isinstance(X, np.ndarray) and isinstance(y, np.ndarray)


def test_parse_takes_paths(written):
    folder, _, labels = written
    _, y = parse_mnist(folder / "images.gz", folder / "labels.gz")
    assert (y == labels).all()
    assert list(y[:3]) == labels[:3].tolist()
    assert set(np.unique(y)) <= set(range(10))


def test_parse_by_position_and_by_name(written):
    folder, _, _ = written
    X, y = parse_mnist(
        image_filesname=str(folder / "images.gz"), label_filename=str(folder / "labels.gz")
    )
    assert len(X) == len(y) == 30


def test_absent_file():
    with pytest.raises(FileNotFoundError):
        parse_mnist("data/nobody.gz", "data/nothing.gz")


def test_epoch_on_parsed_data(written):
    folder, _, _ = written
    X, y = parse_mnist(str(folder / "images.gz"), str(folder / "labels.gz"))
    np.random.seed(1)
    W1 = ndl.Tensor(np.random.randn(24, 8).astype(np.float32))
    W2 = ndl.Tensor(np.random.randn(8, 10).astype(np.float32))
    kept = X.copy(), y.copy()
    V1, V2 = nn_epoch(X, y, W1, W2, lr=0.1, batch=10)
    assert V1.shape == (24, 8) and V2.shape == (8, 10)
    assert not np.allclose(V2.numpy(), W2.numpy()) or V2 is W2
    np.testing.assert_array_equal(X, kept[0])
    np.testing.assert_array_equal(y, kept[1])


def test_epoch_uses_the_last_short_batch():
    rng = np.random.RandomState(0)
    X, y = rng.randn(25, 3).astype("float32"), rng.randint(0, 2, 25).astype("uint8")
    W1 = ndl.Tensor(rng.randn(3, 4).astype("float32"))
    W2 = ndl.Tensor(rng.randn(4, 2).astype("float32"))
    A1, _ = nn_epoch(X, y, ndl.Tensor(W1.numpy().copy()), ndl.Tensor(W2.numpy().copy()), batch=10)
    B1, _ = nn_epoch(
        X[:20], y[:20], ndl.Tensor(W1.numpy().copy()), ndl.Tensor(W2.numpy().copy()), batch=10
    )
    assert np.abs(A1.numpy() - B1.numpy()).max() > 0
