"""The two-layer network by gradient descent."""

import differences
import digits
import numpy as np
import training

FUNCTION = "nn_epoch"


def test_one_epoch(rng):
    """The weights of both layers after one epoch of two batches, changed in place."""
    X = rng.normal(size=(12, 5)).astype(np.float32)
    y = rng.integers(0, 3, 12, dtype=np.uint8)
    weights = [rng.normal(size=shape).astype(np.float32) for shape in ((5, 4), (4, 3))]
    expected = differences.epoch(differences.two_layers, X, y, weights, lr=0.5, batch=6)
    training.check(FUNCTION, (X, y), weights, expected, {"lr": 0.5, "batch": 6})


def test_training_on_digits(rng):
    """After some epochs on handwritten digits, most unseen digits are read."""
    X, y = digits.load()
    images, labels = X[: digits.TRAINING], y[: digits.TRAINING]
    weights = [rng.normal(0, 0.1, shape).astype(np.float32) for shape in ((64, 40), (40, 10))]
    options = {"lr": 0.4, "batch": 50}
    _, (W1, W2), _ = training.trained(FUNCTION, images, labels, weights, options, epochs=3)
    logits = differences.two_layers(X[digits.TRAINING :], W1, W2)
    accuracy = digits.accuracy(logits, y[digits.TRAINING :])
    assert accuracy > 0.75, f"{accuracy:.0%} of the test images are right, more than 75% should be"
