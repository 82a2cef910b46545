"""The softmax loss of a batch."""

import numpy as np
import simple_ml
from grader.testing import assert_close, on_student_side

LOGITS = np.array([[1.0, 2.0, 3.0, 0.5], [0.0, -1.0, 2.0, 1.0], [0.5, 0.5, -0.5, 4.0]])
LABELS = np.array([2, 0, 3])
SIZES = {"batch size": 3, "number of classes": 4}


@on_student_side
def loss_and_gradients(logits, one_hot):
    """Return the loss and its gradients with respect to logits and labels."""
    import needle as ndl
    import simple_ml

    Z, y = ndl.Tensor(logits), ndl.Tensor(one_hot)
    loss = simple_ml.softmax_loss(Z, y)
    loss.backward()
    return loss.numpy(), Z.grad.numpy(), y.grad.numpy()


def test_loss():
    """softmax_loss is the mean over the batch of log(sum(exp(z))) - z[label]."""
    import needle as ndl

    loss = simple_ml.softmax_loss(ndl.Tensor(LOGITS), ndl.Tensor(np.eye(4)[LABELS]))
    each = np.log(np.exp(LOGITS).sum(axis=1)) - LOGITS[np.arange(3), LABELS]
    assert_close(loss.numpy(), each.mean(), sizes=SIZES)


def test_gradient():
    """The gradient of softmax_loss with respect to the logits is (softmax(z) - y) / batch size."""
    one_hot = np.eye(4)[LABELS]
    softmax = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
    _, gradient, _ = loss_and_gradients(LOGITS, one_hot)
    assert_close(gradient, (softmax - one_hot) / 3, sizes=SIZES)
