"""The softmax loss as a module, from logits and the numbers of the classes."""

import needle as ndl
import needle.nn as nn
import network
import numpy as np
from grader.testing import assert_close, check_gradient

LOGITS = np.array([[1.0, 2.0, 3.0, 0.5], [0.0, -1.0, 2.0, 1.0], [0.5, 0.5, -0.5, 4.0]])
LABELS = np.array([2, 0, 3])
SIZES = {"batch size": 3, "number of classes": 4}


def loss(ndl, logits, labels):
    return ndl.nn.SoftmaxLoss()(logits, ndl.Tensor(np.array(labels)))


def test_loss():
    """The loss is the mean over the batch of log(sum(exp(z))) - z[label]."""
    result = nn.SoftmaxLoss()(ndl.Tensor(LOGITS), ndl.Tensor(LABELS))
    assert_close(result.numpy(), network.softmax_loss(LOGITS, LABELS), sizes=SIZES)


def test_large_logits():
    """The loss does not overflow where exp of a logit would."""
    logits = LOGITS * 1000
    result = nn.SoftmaxLoss()(ndl.Tensor(logits), ndl.Tensor(LABELS))
    assert_close(result.numpy(), network.softmax_loss(logits, LABELS), sizes=SIZES)


def test_gradient():
    """The gradient with respect to the logits is (softmax(z) - y) / batch size."""
    check_gradient(loss, LOGITS, labels=LABELS.tolist())


def test_labels_of_any_dtype():
    """Labels may be bytes, integers or floats."""
    expected = network.softmax_loss(LOGITS, LABELS)
    for dtype in ("uint8", "int64", "float32"):
        labels = ndl.Tensor(LABELS.astype(dtype))
        assert_close(nn.SoftmaxLoss()(ndl.Tensor(LOGITS), labels).numpy(), expected, name=dtype)


def test_float32_stays_float32():
    """The loss of float32 logits is float32."""
    logits = ndl.Tensor(LOGITS.astype(np.float32))
    result = nn.SoftmaxLoss()(logits, ndl.Tensor(LABELS.astype(np.uint8)))
    assert_close(result.numpy(), network.softmax_loss(LOGITS, LABELS), dtype="float32")
