"""The softmax loss module for batches of any size, classes of any number, logits of any size."""

import network
import numpy as np
from grader.testing import assert_close, check_gradients, on_student_side

SHAPES = ((7, 4), (4, 7), (5, 5), (1, 3), (6, 2))


@on_student_side
def losses(batches, dtype, label_dtype):
    """Return for each batch the loss, the gradient of its logits, and both inputs, afterwards."""
    import needle as ndl

    found = []
    for logits, labels in batches:
        Z, y = ndl.Tensor(logits.astype(dtype)), ndl.Tensor(labels.astype(label_dtype))
        loss = ndl.nn.SoftmaxLoss()(Z, y)
        loss.backward()
        found.append((loss.numpy(), Z.grad.numpy(), Z.numpy(), y.numpy()))
    return found


def loss(ndl, logits, labels):
    return ndl.nn.SoftmaxLoss()(logits, ndl.Tensor(np.array(labels)))


def scaled_loss(ndl, logits, labels):
    return ndl.nn.SoftmaxLoss()(logits * 3, ndl.Tensor(np.array(labels))) * 2


def draw(rng, width=4.0):
    """Return batches of logits and labels."""
    return [(rng.uniform(-width, width, (n, k)), rng.integers(0, k, n)) for n, k in SHAPES]


def compare(batches, label_dtype="int64", inputs="float64", **options):
    """Compare losses and gradients with their definitions."""
    for (z, y), found in zip(batches, losses(batches, inputs, label_dtype), strict=True):
        sizes = {"batch size": z.shape[0], "number of classes": z.shape[1]}
        expected = network.softmax_loss(z, y), network.softmax_slope(z, y)
        for name, got, wanted in zip(("loss", "gradient"), found, expected, strict=False):
            assert_close(got, wanted, name=f"{name} of {z.shape}", sizes=sizes, **options)


def test_loss_and_gradient(rng):
    """The loss is a mean over the batch, a tensor without axes; its gradient is one, too."""
    compare(draw(rng))


def test_gradient_in_a_graph(rng):
    """The gradient of the loss as a part of a larger expression."""
    cases = [([z], {"labels": y.tolist()}) for z, y in draw(rng)]
    check_gradients(loss, cases)
    check_gradients(scaled_loss, cases)


def test_logits_of_any_size(rng):
    """Neither the loss nor its gradient overflows, whatever the logits are."""
    compare(draw(rng, width=2000.0))
    compare([(z + np.linspace(-3000, 3000, len(z))[:, None], y) for z, y in draw(rng)])


def test_labels_that_do_not_occur(rng):
    """The number of classes is that of the logits, whatever labels a batch has."""
    compare([(rng.normal(size=(6, 5)), np.full(6, label)) for label in (0, 2, 4)])
    compare([(rng.normal(size=(3, 9)), np.array([1, 0, 1]))])


def test_labels_of_any_dtype(rng):
    """Labels may be bytes, integers or floats."""
    for label_dtype in ("uint8", "int32", "int64", "float32", "float64"):
        compare(draw(rng), label_dtype=label_dtype)


def test_float32_stays_float32(rng):
    """The loss of float32 logits and its gradient are float32."""
    for label_dtype in ("uint8", "float32", "float64"):
        options = {"inputs": "float32", "dtype": "float32", "rtol": 1e-4, "atol": 1e-5}
        compare(draw(rng), label_dtype, **options)


def test_inputs_stay_as_they_are(rng):
    """Logits and labels stay as they are."""
    batches = draw(rng)
    for (z, y), found in zip(batches, losses(batches, "float64", "int64"), strict=True):
        assert_close(found[0], network.softmax_loss(z, y), name="loss")
        assert_close(found[2], z, name="logits")
        assert_close(found[3], y, name="labels")
