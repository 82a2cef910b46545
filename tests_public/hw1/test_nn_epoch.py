"""Training the two-layer network."""

import digits
import idx
import needle as ndl
import network
import numpy as np
import simple_ml
from grader.testing import assert_close, on_student_side


@on_student_side
def trained_on_mnist(images, labels, count, W1, W2, lr, batch):
    """Return the weights after one epoch on the first `count` images of two files."""
    import needle as ndl
    import simple_ml

    X, y = simple_ml.parse_mnist(images, labels)
    weights = ndl.Tensor(W1), ndl.Tensor(W2)
    W1, W2 = simple_ml.nn_epoch(X[:count], y[:count], *weights, lr=lr, batch=batch)
    return W1.numpy(), W2.numpy()


def test_one_epoch(rng):
    """The weights after one epoch of two batches are those of gradient descent."""
    X = rng.normal(size=(12, 5)).astype(np.float32)
    y = rng.integers(0, 3, 12, dtype=np.uint8)
    W1, W2 = (rng.normal(size=shape).astype(np.float32) for shape in ((5, 4), (4, 3)))
    expected1, expected2 = network.epoch(X, y, W1, W2, lr=0.5, batch=6)
    new1, new2 = simple_ml.nn_epoch(X, y, ndl.Tensor(W1), ndl.Tensor(W2), lr=0.5, batch=6)
    sizes = {"batch size": 6, "number of batches": 2}
    assert_close(new1.numpy(), expected1, rtol=1e-4, atol=1e-4, name="W1", sizes=sizes)
    assert_close(new2.numpy(), expected2, rtol=1e-4, atol=1e-4, name="W2", sizes=sizes)


def test_training_on_digits(rng):
    """After three epochs, the network reads most handwritten digits that it has not seen."""
    X, y = digits.load()
    images, labels = X[: digits.TRAINING], y[: digits.TRAINING]
    W1 = ndl.Tensor(rng.normal(0, 0.1, (64, 40)).astype(np.float32))
    W2 = ndl.Tensor(rng.normal(0, 0.1, (40, 10)).astype(np.float32))
    for _ in range(3):
        W1, W2 = simple_ml.nn_epoch(images, labels, W1, W2, lr=0.4, batch=50)
    unseen = X[digits.TRAINING :], y[digits.TRAINING :]
    accuracy = digits.accuracy(*unseen, W1.numpy(), W2.numpy())
    assert accuracy > 0.75, f"{accuracy:.0%} of the test images are right, more than 75% should be"


def test_training_on_mnist(rng):
    """After one epoch on MNIST, the network reads most digits, if the files are in data/."""
    pixels, labels = idx.mnist()
    W1 = rng.normal(0, 0.05, (784, 50)).astype(np.float32)
    W2 = rng.normal(0, 0.1, (50, 10)).astype(np.float32)
    W1, W2 = trained_on_mnist(idx.IMAGES, idx.LABELS, 5_000, W1, W2, lr=0.2, batch=50)
    assert_close(
        np.array([W1.shape, W2.shape]), [(784, 50), (50, 10)], name="shapes of the weights"
    )
    accuracy = digits.accuracy(pixels[5_000:] / 255, labels[5_000:], W1, W2)
    assert accuracy > 0.8, f"{accuracy:.0%} of the test images are right, more than 80% should be"
