"""The softmax loss of batches of any size."""

import numpy as np
from grader.testing import assert_close, on_student_side

SHAPES = ((7, 4), (4, 7), (5, 5), (1, 3), (6, 2))


@on_student_side
def losses(logits, labels, dtype):
    """Return for each batch the loss, its gradients, and what was passed in, afterwards."""
    import needle as ndl
    import simple_ml

    found = []
    for each, one_hot in zip(logits, labels, strict=True):
        Z, y = ndl.Tensor(each, dtype=dtype), ndl.Tensor(one_hot, dtype=dtype)
        loss = simple_ml.softmax_loss(Z, y)
        loss.backward()
        found.append((loss.numpy(), Z.grad.numpy(), y.grad.numpy(), Z.numpy(), y.numpy()))
    return found


def draw(rng):
    """Return batches of logits and one-hot labels."""
    logits = [rng.uniform(-4, 4, shape) for shape in SHAPES]
    return logits, [np.eye(k)[rng.integers(0, k, n)] for n, k in SHAPES]


def expected(z, y):
    """Return the loss of a batch, and its gradients with respect to logits and labels."""
    odds = np.exp(z)
    loss = (np.log(odds.sum(axis=1)) - (z * y).sum(axis=1)).mean()
    return loss, (odds / odds.sum(axis=1, keepdims=True) - y) / len(z), -z / len(z)


def compare(rng, position, name):
    """Compare the loss or one of its gradients for several batches."""
    logits, labels = draw(rng)
    for z, y, found in zip(logits, labels, losses(logits, labels, "float64"), strict=True):
        sizes = {"batch size": z.shape[0], "number of classes": z.shape[1]}
        title = f"{name} of {z.shape}"
        assert_close(found[position], expected(z, y)[position], sizes=sizes, name=title)


def test_loss(rng):
    """The loss of a batch is the mean over its examples, a tensor without axes."""
    compare(rng, 0, "loss")


def test_gradient_of_logits(rng):
    """The gradient of the loss with respect to the logits."""
    compare(rng, 1, "gradient")


def test_gradient_of_labels(rng):
    """The gradient of the loss with respect to the labels: both arguments are part of the graph."""
    compare(rng, 2, "gradient")


def test_float32_stays_float32(rng):
    """The loss of float32 logits and its gradients are float32, and the logits stay as they are."""
    logits, labels = draw(rng)
    names = ("loss", "gradient of logits", "gradient of labels", "logits", "labels")
    for z, y, found in zip(logits, labels, losses(logits, labels, "float32"), strict=True):
        for name, got, wanted in zip(names, found, (*expected(z, y), z, y), strict=True):
            assert_close(got, wanted, rtol=1e-4, atol=1e-4, dtype="float32", name=name)
