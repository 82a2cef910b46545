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


def sizes(logits):
    return {"batch size": logits.shape[0], "number of classes": logits.shape[1]}


def test_loss(rng):
    """The loss of a batch is the mean over its examples, a tensor without axes."""
    logits, labels = draw(rng)
    for z, y, (loss, *_) in zip(logits, labels, losses(logits, labels, "float64"), strict=True):
        expected = (np.log(np.exp(z).sum(axis=1)) - (z * y).sum(axis=1)).mean()
        assert_close(loss, expected, sizes=sizes(z), name=f"loss of {z.shape}")


def test_gradient_of_logits(rng):
    """The gradient of the loss with respect to the logits."""
    logits, labels = draw(rng)
    for z, y, (_, dz, *_) in zip(logits, labels, losses(logits, labels, "float64"), strict=True):
        expected = (np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) - y) / len(z)
        assert_close(dz, expected, sizes=sizes(z), name=f"gradient of {z.shape}")


def test_gradient_of_labels(rng):
    """The gradient of the loss with respect to the labels: both arguments are part of the graph."""
    logits, labels = draw(rng)
    for z, (_, _, dy, *_) in zip(logits, losses(logits, labels, "float64"), strict=True):
        assert_close(dy, -z / len(z), sizes=sizes(z), name=f"gradient of {z.shape}")


def test_float32_stays_float32(rng):
    """The loss of float32 logits and its gradients are float32, and the logits stay as they are."""
    logits, labels = draw(rng)
    exact, found = (losses(logits, labels, dtype) for dtype in ("float64", "float32"))
    names = ("loss", "gradient of logits", "gradient of labels", "logits", "labels")
    for batch, wanted in zip(found, exact, strict=True):
        for name, got, value in zip(names, batch, wanted, strict=True):
            assert_close(got, value, rtol=1e-4, atol=1e-4, dtype="float32", name=name)
    for z, (*_, afterwards, _) in zip(logits, exact, strict=True):
        assert_close(afterwards, z, name="logits")
