"""Training the two-layer network with batches of any size."""

import descent
import digits
import numpy as np
import training
from grader.testing import assert_close

FUNCTION = "nn_epoch"


def draw(rng, examples, inputs, hidden, classes, labels=None):
    """Return data, with some of the labels only if so many are given, and weights."""
    X = rng.normal(size=(examples, inputs)).astype(np.float32)
    y = rng.integers(0, labels or classes, examples, dtype=np.uint8)
    shapes = ((inputs, hidden), (hidden, classes))
    return (X, y), [rng.normal(size=shape).astype(np.float32) for shape in shapes]


def away_from_the_kink(rng, *sizes, labels=None, dtype=np.float32, **options):
    """Draw data for which float32 and float64 agree on the sign of every input of relu."""
    while True:
        data, weights = draw(rng, *sizes, labels=labels)
        weights = [each.astype(dtype) for each in weights]
        *expected, nearest = descent.network(*data, *weights, **options)
        if nearest > 1e-5:
            return data, weights, expected


def compare(rng, *sizes, labels=None, dtype=np.float32, **options):
    """Compare the weights after an epoch with those of gradient descent."""
    drawn = away_from_the_kink(rng, *sizes, labels=labels, dtype=dtype, **options)
    training.check(FUNCTION, *drawn, options, rtol=1e-3, atol=1e-4)


def test_full_batches(rng):
    """The weights after an epoch whose batches are all full."""
    compare(rng, 24, 6, 5, 4, lr=0.2, batch=8)
    compare(rng, 9, 3, 4, 7, lr=0.05, batch=9)


def test_short_last_batch(rng):
    """The weights after an epoch whose last batch is short: its loss is the mean over fewer."""
    compare(rng, 22, 6, 5, 4, lr=0.2, batch=8)


def test_batches_of_one_example(rng):
    """A step for every example, in order."""
    compare(rng, 7, 3, 4, 3, lr=0.1, batch=1)


def test_both_layers_from_the_old_weights(rng):
    """Both gradients are computed before either layer changes: large steps show the difference."""
    compare(rng, 8, 4, 5, 3, lr=2.0, batch=8)


def test_labels_that_do_not_occur(rng):
    """Classes without an example lose weight, too."""
    compare(rng, 12, 5, 6, 8, labels=3, lr=0.2, batch=4)


def test_default_step_and_batch(rng):
    """Without `lr` and `batch`, steps are 0.1 times the gradient and batches have 100 examples."""
    compare(rng, 250, 4, 5, 3)


def test_weights_in_float64(rng):
    """Weights of float64 are changed in place, as those of float32 are."""
    compare(rng, 12, 5, 4, 3, dtype=np.float64, lr=0.3, batch=4)


def test_no_slope_at_zero():
    """Hidden units that are exactly 0 pass no gradient on."""
    X, y = np.ones((2, 2), np.float32), np.array([0, 1], np.uint8)
    W1 = np.array([[1, 1], [-1, 1]], np.float32)
    W2 = np.array([[1, -1], [0.5, 2]], np.float32)
    *expected, _ = descent.network(X, y, W1, W2, 0.5, 2)
    training.check(FUNCTION, (X, y), [W1, W2], expected, {"lr": 0.5, "batch": 2})


def test_training_on_digits(rng):
    """After an epoch on handwritten digits, the network reads as many as it should."""
    X, y = digits.load()
    _, weights = draw(rng, 1, 64, 30, 10)
    weights = [each * np.float32(0.1) for each in weights]
    options = {"lr": 0.3, "batch": 25}
    _, found, _ = training.trained(FUNCTION, X[:1000], y[:1000], weights, options)
    *expected, _ = descent.network(X[:1000], y[:1000], *weights, **options)
    for name, got, wanted in zip(("W1", "W2"), found, expected, strict=True):
        # a unit near its kink may take the other side in float32: a few weights differ by a step
        assert_close(got, wanted, rtol=1e-2, atol=2e-2, dtype="float32", name=name)
