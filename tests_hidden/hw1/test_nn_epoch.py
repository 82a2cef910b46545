"""Training with batches of any size; every weight is compared with gradient descent in NumPy."""

import digits
import idx
import numpy as np
from grader.testing import assert_close, on_student_side


@on_student_side
def train(X, y, W1, W2, options, epochs=1):
    """Return the weights after some epochs, and all that was passed in, afterwards."""
    import needle as ndl
    import simple_ml

    given = ndl.Tensor(W1), ndl.Tensor(W2)
    weights = given
    for _ in range(epochs):
        weights = simple_ml.nn_epoch(X, y, *weights, **options)
    return [w.numpy() for w in weights], [X, y, *(w.numpy() for w in given)]


@on_student_side
def live_tensors(X, y, W1, W2, batch):
    """Return the weights after an epoch, and how many tensors were alive at each batch."""
    import gc

    import needle as ndl
    import simple_ml

    counts = []
    softmax_loss = simple_ml.softmax_loss

    def counted(*args):
        gc.collect()
        counts.append(sum(type(each) is ndl.Tensor for each in gc.get_objects()))
        return softmax_loss(*args)

    weights = ndl.Tensor(W1), ndl.Tensor(W2)
    gc.collect()
    gc.freeze()
    simple_ml.softmax_loss = counted
    try:
        weights = simple_ml.nn_epoch(X, y, *weights, batch=batch)
    finally:
        simple_ml.softmax_loss = softmax_loss
        gc.unfreeze()
    return [w.numpy() for w in weights], counts


@on_student_side
def train_on_mnist(images, labels, first, count, W1, W2, options):
    """Return the weights after an epoch on some images of MNIST."""
    import needle as ndl
    import simple_ml

    X, y = simple_ml.parse_mnist(images, labels)
    part = slice(first, first + count)
    W1, W2 = simple_ml.nn_epoch(X[part], y[part], ndl.Tensor(W1), ndl.Tensor(W2), **options)
    return W1.numpy(), W2.numpy()


def epoch(X, y, W1, W2, lr=0.1, batch=100):
    """Return the weights after one epoch, and how near relu came to its kink."""
    X, W1, W2 = (array.astype(np.float64) for array in (X, W1, W2))
    nearest = np.inf
    for start in range(0, len(X), batch):
        x, label = X[start : start + batch], y[start : start + batch]
        before = x @ W1
        nearest = min(nearest, np.abs(before).min())
        hidden = np.maximum(before, 0)
        odds = np.exp(hidden @ W2)
        slope = odds / odds.sum(axis=1, keepdims=True)
        slope[np.arange(len(label)), label] -= 1
        slope /= len(label)
        step1, step2 = x.T @ (slope @ W2.T * (before > 0)), hidden.T @ slope
        W1, W2 = W1 - lr * step1, W2 - lr * step2
    return W1, W2, nearest


def draw(rng, examples, inputs, hidden, classes, labels=None):
    """Return data, with some of the labels only if so many are given, and weights in float32."""
    X = rng.normal(size=(examples, inputs)).astype(np.float32)
    y = rng.integers(0, labels or classes, examples, dtype=np.uint8)
    W1 = rng.normal(size=(inputs, hidden)).astype(np.float32)
    W2 = rng.normal(size=(hidden, classes)).astype(np.float32)
    return X, y, W1, W2


def away_from_the_kink(rng, shape, options, labels=None):
    """Draw data for which float32 and float64 agree on the sign of every input of relu."""
    while True:
        data = draw(rng, *shape, labels)
        *expected, nearest = epoch(*data, **options)
        if nearest > 1e-5:
            return data, expected


def compare_weights(found, expected, **options):
    for name, got, wanted in zip(("W1", "W2"), found, expected, strict=True):
        assert_close(got, wanted, rtol=1e-4, atol=1e-4, name=name, **options)


def compare(rng, shape, **options):
    """Compare the weights after an epoch with those of gradient descent."""
    data, expected = away_from_the_kink(rng, shape, options)
    batch = options.get("batch", 100)
    sizes = {"batch size": batch, "number of batches": -(-shape[0] // batch)}
    compare_weights(train(*data, options)[0], expected, sizes=sizes)


def test_full_batches(rng):
    """The weights after an epoch whose batches are all full."""
    compare(rng, (24, 6, 5, 4), lr=0.2, batch=8)
    compare(rng, (9, 3, 4, 7), lr=0.05, batch=9)
    compare(rng, (6, 3, 4, 3), lr=0.3, batch=1)


def test_short_last_batch(rng):
    """The weights after an epoch whose last batch is short: its loss is the mean over fewer."""
    compare(rng, (22, 6, 5, 4), lr=0.3, batch=8)
    compare(rng, (7, 4, 5, 3), lr=0.3, batch=3)
    compare(rng, (5, 4, 5, 3), lr=0.3, batch=50)


def test_default_step_and_batch(rng):
    """The weights after an epoch with the default step size and batch size."""
    compare(rng, (130, 4, 3, 3))


def test_labels_that_do_not_occur(rng):
    """The number of classes is that of the weights, also where no example has the last label."""
    options = {"lr": 0.2, "batch": 6}
    data, expected = away_from_the_kink(rng, (12, 4, 5, 6), options, labels=3)
    compare_weights(train(*data, options)[0], expected)


def test_float32_and_nothing_else_changes(rng):
    """The new weights are float32, and data and weights that were passed in stay as they are."""
    options = {"lr": 0.1, "batch": 8}
    data, expected = away_from_the_kink(rng, (20, 4, 5, 3), options)
    weights, afterwards = train(*(each.copy() for each in data), options)
    compare_weights(weights, expected, dtype="float32")
    for name, after, before in zip(("X", "y", "W1", "W2"), afterwards, data, strict=True):
        assert_close(after, before, dtype=before.dtype, name=f"{name} that was passed in")


def test_old_batches_are_forgotten(rng):
    """The number of live tensors does not grow from batch to batch."""
    data, expected = away_from_the_kink(rng, (24, 4, 5, 3), {"batch": 4})
    weights, counts = live_tensors(*data, batch=4)
    compare_weights(weights, expected)
    assert counts, "nn_epoch did not call softmax_loss"
    # names of a loop keep one batch alive: from the third on, nothing may be added
    assert counts[-1] <= counts[2] + 6, "the graphs of earlier batches are still alive"


def test_training_on_digits(rng):
    """The network learns to read handwritten digits that it has not seen."""
    X, y = digits.load()
    order = rng.permutation(len(X))
    seen, unseen = order[:1_300], order[1_300:]
    W1 = rng.normal(0, 0.1, (64, 40)).astype(np.float32)
    W2 = rng.normal(0, 0.1, (40, 10)).astype(np.float32)
    weights, _ = train(X[seen], y[seen], W1, W2, {"lr": 0.4, "batch": 50}, epochs=3)
    accuracy = digits.accuracy(X[unseen], y[unseen], *weights)
    assert accuracy > 0.8, f"{accuracy:.0%} of the test images are right, more than 80% should be"


def test_training_on_mnist(rng):
    """The network learns to read MNIST, if its files are in data/."""
    pixels, labels = idx.mnist()
    W1 = rng.normal(0, 0.05, (784, 40)).astype(np.float32)
    W2 = rng.normal(0, 0.1, (40, 10)).astype(np.float32)
    files = idx.IMAGES, idx.LABELS
    W1, W2 = train_on_mnist(*files, 5_000, 5_000, W1, W2, {"lr": 0.2, "batch": 50})
    accuracy = digits.accuracy(pixels[:5_000] / 255, labels[:5_000], W1, W2)
    assert accuracy > 0.75, f"{accuracy:.0%} of the test images are right, more than 75% should be"
