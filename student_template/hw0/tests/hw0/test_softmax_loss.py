"""The softmax loss."""

import differences
import numpy as np
import simple_ml
from grader.testing import assert_close


def test_loss_of_equal_logits():
    """If all logits are equal, the loss is the logarithm of the number of classes."""
    loss = simple_ml.softmax_loss(np.zeros((6, 10)), np.arange(6))
    assert_close(loss, np.log(10), rtol=1e-7, name="loss of zeros")


def test_loss(rng):
    """The loss is the mean over the examples."""
    logits, labels = rng.normal(size=(8, 5)), rng.integers(0, 5, 8)
    found = simple_ml.softmax_loss(logits, labels)
    sizes = {"batch size": 8, "number of classes": 5}
    assert_close(found, differences.loss(logits, labels), rtol=1e-7, sizes=sizes, name="loss")
