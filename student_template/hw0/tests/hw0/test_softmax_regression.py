"""Softmax regression by gradient descent."""

import differences
import digits
import numpy as np
import training

FUNCTION = "softmax_regression_epoch"


def test_one_epoch(rng):
    """The weights after one epoch of two batches, changed in place."""
    X = rng.normal(size=(12, 5)).astype(np.float32)
    y = rng.integers(0, 3, 12, dtype=np.uint8)
    theta = rng.normal(size=(5, 3)).astype(np.float32)
    expected = differences.epoch(differences.regression, X, y, [theta], lr=0.5, batch=6)
    training.check(FUNCTION, (X, y), [theta], expected, {"lr": 0.5, "batch": 6})


def test_training_on_digits():
    """After some epochs on handwritten digits, most unseen digits are read."""
    X, y = digits.load()
    images, labels = X[: digits.TRAINING], y[: digits.TRAINING]
    theta = np.zeros((64, 10), np.float32)
    options = {"lr": 0.2, "batch": 50}
    _, (theta,), _ = training.trained(FUNCTION, images, labels, [theta], options, epochs=3)
    accuracy = digits.accuracy(X[digits.TRAINING :] @ theta, y[digits.TRAINING :])
    assert accuracy > 0.75, f"{accuracy:.0%} of the test images are right, more than 75% should be"
