"""Softmax regression with batches of any size."""

import descent
import digits
import numpy as np
import training
from grader.testing import assert_close

FUNCTION = "softmax_regression_epoch"


def draw(rng, examples, inputs, classes, labels=None):
    """Return data, with some of the labels only if so many are given, and weights."""
    X = rng.normal(size=(examples, inputs)).astype(np.float32)
    y = rng.integers(0, labels or classes, examples, dtype=np.uint8)
    return (X, y), rng.normal(size=(inputs, classes)).astype(np.float32)


def compare(rng, *sizes, labels=None, lr=0.1, batch=100):
    """Compare the weights after an epoch with those of gradient descent."""
    data, theta = draw(rng, *sizes, labels=labels)
    expected = [descent.regression(*data, theta, lr, batch)]
    training.check(FUNCTION, data, [theta], expected, {"lr": lr, "batch": batch})


def test_full_batches(rng):
    """The weights after an epoch whose batches are all full."""
    compare(rng, 24, 6, 4, lr=0.3, batch=8)
    compare(rng, 20, 3, 7, lr=0.05, batch=5)


def test_short_last_batch(rng):
    """The weights after an epoch whose last batch is short: its loss is the mean over fewer."""
    compare(rng, 22, 6, 4, lr=0.3, batch=8)


def test_batches_of_one_example(rng):
    """A step for every example, in order."""
    compare(rng, 9, 4, 3, lr=0.2, batch=1)


def test_a_batch_larger_than_the_data(rng):
    """A single step with fewer examples than a batch may have."""
    compare(rng, 9, 4, 3, lr=0.5, batch=50)


def test_labels_that_do_not_occur(rng):
    """Classes without an example lose weight, too."""
    compare(rng, 12, 5, 8, labels=3, lr=0.3, batch=4)


def test_two_classes_and_one_input(rng):
    """The smallest sizes."""
    compare(rng, 10, 1, 2, lr=0.3, batch=5)


def test_default_step_and_batch(rng):
    """Without `lr` and `batch`, steps are 0.1 times the gradient and batches have 100 examples."""
    data, theta = draw(rng, 250, 5, 3)
    training.check(FUNCTION, data, [theta], [descent.regression(*data, theta)], {})


def test_weights_in_float64(rng):
    """Weights of float64 are changed in place, as those of float32 are."""
    data, theta = draw(rng, 12, 5, 3)
    theta = theta.astype(np.float64)
    expected = [descent.regression(*data, theta, 0.3, 4)]
    training.check(FUNCTION, data, [theta], expected, {"lr": 0.3, "batch": 4})


def test_training_on_digits():
    """Training on handwritten digits for two epochs gives the weights that it has to give."""
    X, y = digits.load()
    theta = np.zeros((64, 10), np.float32)
    options = {"lr": 0.2, "batch": 32}
    _, (found,), _ = training.trained(FUNCTION, X[:500], y[:500], [theta], options, epochs=2)
    expected = theta
    for _ in range(2):
        expected = descent.regression(X[:500], y[:500], expected, **options)
    assert_close(found, expected, rtol=1e-3, atol=1e-4, dtype="float32", name="weights")
