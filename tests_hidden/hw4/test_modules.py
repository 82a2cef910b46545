"""The modules, losses and optimizers of homework 2 on NDArrays, with other sizes and settings."""

import layers
import numpy as np
import places
from grader.testing import assert_close, check_module, on_student_side


def test_linear(rng):
    """Linear layers with and without bias, for batches of one and more."""
    layers.check_linear(rng, (1, 4), 3)
    layers.check_linear(rng, (6, 2), 5, bias=False)


def test_softmax_loss(rng):
    """The softmax loss and its gradient, for one example, for many classes, for large logits."""
    layers.check_loss(rng, 1, 4)
    layers.check_loss(rng, 7, 12)
    layers.check_loss(rng, 4, 3, scale=60)


def test_batch_norm(rng):
    """BatchNorm1d in training: the running variance is that of the batch, without correction."""
    layers.check_norm(rng, "BatchNorm1d", (5, 3))
    layers.check_norm(rng, "BatchNorm1d", (4, 2), momentum=0.4, eps=1e-2)


def test_batch_norm_in_evaluation(rng):
    """BatchNorm1d in evaluation uses the running statistics, and leaves them as they are."""
    batches = [rng.normal(2, 3, (6, 3)).astype(np.float32) for _ in range(2)]
    _, _, _, before = layers.run("BatchNorm1d", (3,), {}, batches[:1], 0, "train", "cpu")
    found, _, _, after = layers.run("BatchNorm1d", (3,), {}, batches, 0, "eval", "cpu")
    for old, new in zip(before, after, strict=True):
        assert_close(new, old, name="running statistics after evaluation", **layers.CLOSE)
    expected = (batches[1] - before[0]) / np.sqrt(before[1] + 1e-5)
    assert_close(found[1][0], expected, name="output", **layers.CLOSE)


def test_batch_norm_of_images(rng):
    """BatchNorm2d normalizes every channel of images whose height and width differ."""
    layers.check_norm(rng, "BatchNorm2d", (2, 3, 4, 5), axes=(0, 2, 3))
    layers.check_norm(rng, "BatchNorm2d", (1, 2, 3, 2), axes=(0, 2, 3))


def build_norm(ndl, channels, device=None):
    return ndl.nn.BatchNorm2d(channels, device=device)


def build_layer_norm(ndl, features, device=None):
    return ndl.nn.LayerNorm1d(features, device=device)


def test_gradients_of_norms(rng):
    """The gradients of images or rows, and of weight and bias."""
    x = rng.normal(1, 2, (2, 3, 2, 3))
    check_module(build_norm, x, channels=3, dtype="float32", device="cpu")
    check_module(build_layer_norm, x[0, 0] * [1, 2, 3], features=3, dtype="float32", device="cpu")


def test_layer_norm(rng):
    """LayerNorm1d normalizes rows, also with another eps."""
    layers.check_norm(rng, "LayerNorm1d", (4, 7), axes=(1,))
    layers.check_norm(rng, "LayerNorm1d", (5, 2), axes=(1,), eps=0.1)


def test_dropout(rng):
    """Dropout keeps what draws of at most 1 - p say, scaled, in float32."""
    x, seed = rng.normal(size=(20, 9)).astype(np.float32), int(rng.integers(1000))
    (found, *_), *_ = layers.run("Dropout", (0.3,), {}, [x], seed, "train", "cpu")
    np.random.seed(seed)
    kept = np.random.RandomState(seed).rand(20, 9) <= 0.7
    assert_close(found[0], x * kept / 0.7, name="output", **layers.CLOSE)
    (found, *_), *_ = layers.run("Dropout", (0.3,), {}, [x], seed, "eval", "cpu")
    assert_close(found[0], x, name="output in evaluation", **layers.CLOSE)


def test_sgd(rng):
    """Steps of SGD, with and without momentum and weight decay."""
    layers.check_optimizer(rng, "SGD", lr=0.1)
    layers.check_optimizer(rng, "SGD", lr=0.05, momentum=0.9)
    layers.check_optimizer(rng, "SGD", lr=0.2, weight_decay=0.1)


def test_adam(rng):
    """Steps of Adam, whose averages are corrected for their start at zero."""
    layers.check_optimizer(rng, "Adam", lr=0.1)
    layers.check_optimizer(rng, "Adam", lr=0.05, beta1=0.8, beta2=0.9, eps=0.1, weight_decay=0.1)


@on_student_side
def live_tensors(name, steps):
    """Return how many tensors are alive after each step of an optimizer."""
    import gc

    import needle as ndl
    from needle import nn

    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 2))
    optimizer = getattr(ndl.optim, name)(model.parameters(), lr=0.1, weight_decay=0.01)
    counts = []
    for _ in range(steps):
        optimizer.reset_grad()
        loss = nn.SoftmaxLoss()(model(ndl.init.randn(5, 4)), ndl.Tensor(np.arange(5) % 2))
        loss.backward()
        optimizer.step()
        gc.collect()
        counts.append(sum(isinstance(each, ndl.Tensor) for each in gc.get_objects()))
    return counts


def test_graphs_are_forgotten():
    """The number of live tensors does not grow with the steps of an optimizer."""
    for name in ("SGD", "Adam"):
        counts = live_tensors(name, 5)
        assert counts[-1] <= counts[1] + 4, f"live tensors after each step of {name}: {counts}"


def test_other_devices(rng):
    """Modules, losses and optimizers work on the device that they are given."""
    for device in places.others():
        layers.check_linear(rng, (3, 4), 2, device=device)
        layers.check_loss(rng, 3, 4, device=device)
        layers.check_norm(rng, "BatchNorm2d", (2, 2, 3, 2), axes=(0, 2, 3), device=device)
        layers.check_norm(rng, "LayerNorm1d", (3, 4), axes=(1,), device=device)
        layers.check_optimizer(rng, "Adam", device, lr=0.1, weight_decay=0.1)
