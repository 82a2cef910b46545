"""A homework-0 file as courses write them: functions on arrays, two of which write in place."""

import gzip
import struct
import sys

import numpy as np
import pytest

sys.path.append("./src")
import mugrade
import numdifftools as nd
from simple_ml import *

try:
    from simple_ml_ext import *
except:
    pass


def write_idx(folder, images, labels):
    with gzip.open(folder / "images.gz", "wb") as f:
        f.write(struct.pack(">4i", 2051, len(images), 28, 28) + images.tobytes())
    with gzip.open(folder / "labels.gz", "wb") as f:
        f.write(struct.pack(">2i", 2049, len(labels)) + labels.tobytes())
    return str(folder / "images.gz"), str(folder / "labels.gz")


def some_data(m=100, n=20, k=5, seed=0):
    np.random.seed(seed)
    X = np.random.randn(m, n).astype(np.float32)
    y = np.random.randint(k, size=(m,)).astype(np.uint8)
    return X, y


def softmax_gradient(X, y, theta):
    Z = np.exp(X @ theta - (X @ theta).max(axis=1, keepdims=True))
    Z /= Z.sum(axis=1, keepdims=True)
    Z[np.arange(len(y)), y] -= 1
    return X.T @ Z / len(y)


def test_add():
    assert add(5, 6) == 11
    assert add(3.0, -2.5) == 0.5
    assert type(add(4.0, 4)) == float
    np.testing.assert_allclose(add(np.array([1, 2]), np.array([3, 4])), np.array([4, 6]))


def test_parse_mnist(tmp_path):
    np.random.seed(3)
    images = np.random.randint(256, size=(60, 28, 28)).astype(np.uint8)
    labels = np.random.randint(10, size=60).astype(np.uint8)
    X, y = parse_mnist(*write_idx(tmp_path, images, labels))
    assert X.dtype == np.float32
    assert y.dtype == np.uint8
    assert X.shape == (60, 784)
    assert y.shape == (60,)
    np.testing.assert_allclose(np.linalg.norm(X[:10]), np.linalg.norm(images[:10] / 255), 1e-6)
    np.testing.assert_allclose(X[7], images[7].reshape(784) / np.float32(255), rtol=1e-6)
    np.testing.assert_equal(y, labels)


def test_softmax_loss():
    X, y = some_data()
    Z = np.zeros((y.shape[0], 5))
    np.testing.assert_allclose(softmax_loss(Z, y), np.log(5))
    np.random.seed(1)
    Z = np.random.randn(y.shape[0], 5)
    want = np.mean(np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(len(y)), y])
    np.testing.assert_allclose(softmax_loss(Z, y), want)
    assert softmax_loss(Z, y).dtype == np.float64


def test_softmax_regression_epoch_against_numdifftools():
    X, y = some_data(50, 5, 3)
    Theta = np.zeros((5, 3), dtype=np.float32)
    dTheta = -nd.Gradient(lambda Th: softmax_loss(X @ Th.reshape(5, 3), y))(Theta)
    softmax_regression_epoch(X, y, Theta, lr=1.0, batch=50)
    np.testing.assert_allclose(dTheta.reshape(5, 3), Theta, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("batch", [100, 10, 33])
def test_softmax_regression_epoch(batch):
    X, y = some_data()
    Theta = np.zeros((20, 5), dtype=np.float32)
    other = Theta.copy()
    assert softmax_regression_epoch(X, y, Theta, lr=0.1, batch=batch) is None
    for i in range(0, 100, batch):
        other -= 0.1 * softmax_gradient(X[i : i + batch], y[i : i + batch], other)
    np.testing.assert_allclose(Theta, other, rtol=1e-4, atol=1e-5)
    assert Theta.dtype == np.float32


def test_softmax_regression_epoch_in_part_of_an_array():
    X, y = some_data()
    all_thetas = np.zeros((3, 20, 5), dtype=np.float32)
    softmax_regression_epoch(X, y, all_thetas[1])
    assert np.abs(all_thetas[1]).sum() > 0.01
    assert np.abs(all_thetas[[0, 2]]).sum() == 0


def test_nn_epoch_against_numdifftools():
    X, y = some_data(50, 5, 3, seed=4)
    np.random.seed(0)
    W1 = np.random.randn(5, 10).astype(np.float32) / np.sqrt(10)
    W2 = np.random.randn(10, 3).astype(np.float32) / np.sqrt(3)
    loss = lambda A, B: softmax_loss(np.maximum(X @ A, 0) @ B, y)
    dW1 = nd.Gradient(lambda A: loss(A.reshape(5, 10), W2))(W1)
    dW2 = nd.Gradient(lambda B: loss(W1, B.reshape(10, 3)))(W2)
    W1_0, W2_0 = W1.copy(), W2.copy()
    assert nn_epoch(X, y, W1, W2, lr=1.0, batch=50) is None
    np.testing.assert_allclose(dW1.reshape(5, 10), W1_0 - W1, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(dW2.reshape(10, 3), W2_0 - W2, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nn_epoch_lowers_the_loss(dtype):
    X, y = some_data(200, 20, 4)
    W1 = (np.random.randn(20, 30) / np.sqrt(30)).astype(dtype)
    W2 = (np.random.randn(30, 4) / np.sqrt(4)).astype(dtype)
    before = loss_err(np.maximum(X @ W1, 0) @ W2, y)
    for _ in range(10):
        nn_epoch(X, y, W1, W2, lr=0.2, batch=50)
    after = loss_err(np.maximum(X @ W1, 0) @ W2, y)
    assert after[0] < before[0] and after[1] < before[1]
    assert W1.dtype == dtype


@pytest.mark.parametrize("cpp", [False, True])
def test_training_runs(cpp):
    X, y = some_data(200, 20, 4)
    train_softmax(X, y, X, y, epochs=2, lr=0.2, batch=50, cpp=cpp)
    train_nn(X, y, X, y, hidden_dim=10, epochs=1)


@pytest.mark.parametrize("batch", [50, 7])
def test_softmax_regression_epoch_cpp(batch):
    X, y = some_data(50, 5, 3)
    Theta = np.zeros((5, 3), dtype=np.float32)
    other = Theta.copy()
    softmax_regression_epoch_cpp(X, y, Theta, lr=0.5, batch=batch)
    for i in range(0, 50, batch):
        other -= 0.5 * softmax_gradient(X[i : i + batch], y[i : i + batch], other)
    np.testing.assert_allclose(Theta, other, rtol=1e-4, atol=1e-5)


def test_cpp_and_python_agree():
    X, y = some_data(300, 30, 6)
    one, two = np.zeros((30, 6), dtype=np.float32), np.zeros((30, 6), dtype=np.float32)
    for _ in range(3):
        softmax_regression_epoch(X, y, one, 0.1, 32)
        softmax_regression_epoch_cpp(X, y, two, 0.1, 32)
    np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


def submit_add():
    mugrade.submit(add(5, 6))
