"""Softmax regression in C++; build it with `make` first."""

import differences
import numpy as np
import training

FUNCTION = "softmax_regression_epoch_cpp"


def test_one_epoch(rng):
    """The weights after one epoch of two batches, changed in place."""
    X = rng.normal(size=(12, 5)).astype(np.float32)
    y = rng.integers(0, 3, 12, dtype=np.uint8)
    theta = rng.normal(size=(5, 3)).astype(np.float32)
    expected = differences.epoch(differences.regression, X, y, [theta], lr=0.5, batch=6)
    training.check(FUNCTION, (X, y), [theta], expected, {"lr": 0.5, "batch": 6})


def test_one_batch(rng):
    """The weights after a single step: all examples are one batch."""
    X = rng.normal(size=(7, 4)).astype(np.float32)
    y = rng.integers(0, 5, 7, dtype=np.uint8)
    theta = rng.normal(size=(4, 5)).astype(np.float32)
    expected = differences.epoch(differences.regression, X, y, [theta], lr=0.2, batch=7)
    training.check(FUNCTION, (X, y), [theta], expected, {"lr": 0.2, "batch": 7})
