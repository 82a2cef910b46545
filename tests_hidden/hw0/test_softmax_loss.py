"""The softmax loss of batches of any size."""

import numpy as np
import simple_ml
from grader.testing import assert_close


def expected(logits, labels):
    """Return the loss in float64."""
    logits = logits.astype(np.float64)
    return (np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(labels)), labels]).mean()


def draw(rng, examples, classes, dtype=np.float64):
    """Return logits and labels."""
    logits = rng.uniform(-4, 4, (examples, classes)).astype(dtype)
    return logits, rng.integers(0, classes, examples).astype(np.uint8)


def compare(logits, labels, rtol=1e-7, dtype="float64"):
    loss = simple_ml.softmax_loss(logits, labels)
    sizes = {"batch size": len(labels), "number of classes": logits.shape[1]}
    wanted, name = expected(logits, labels), f"loss of {logits.shape}"
    assert_close(loss, wanted, rtol=rtol, atol=0, dtype=dtype, sizes=sizes, name=name)


def test_more_examples_than_classes(rng):
    """The loss of a batch that is larger than the number of classes."""
    compare(*draw(rng, 23, 4))


def test_more_classes_than_examples(rng):
    """The loss of a batch that is smaller than the number of classes."""
    compare(*draw(rng, 3, 17))


def test_one_example(rng):
    """The loss of a single example, and of examples with the same label."""
    compare(*draw(rng, 1, 6))
    logits, _ = draw(rng, 7, 6)
    compare(logits, np.full(7, 4))


def test_float32(rng):
    """The loss of float32 logits is float32."""
    compare(*draw(rng, 12, 5, np.float32), rtol=1e-5, dtype="float32")


def test_inputs_stay_as_they_are(rng):
    """Logits and labels are not changed."""
    logits, labels = draw(rng, 6, 5)
    before = logits.copy(), labels.copy()
    simple_ml.softmax_loss(logits, labels)
    assert_close(logits, before[0], rtol=0, atol=0, name="logits afterwards")
    assert_close(labels, before[1], name="labels afterwards")
