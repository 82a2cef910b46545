"""The residual network and its training."""

import math

import digits
import idx
import mlp_resnet
import needle as ndl
import needle.nn as nn
import network
import numpy as np
from grader.testing import assert_close

NETWORK = {"dim": 6, "hidden_dim": 5, "num_blocks": 2, "num_classes": 3}
SHAPES = [
    *[(6, 5), (1, 5)],
    *[(5, 2), (1, 2), (2,), (2,), (2, 5), (1, 5), (5,), (5,)] * 2,
    *[(5, 3), (1, 3)],
]


def softmax_regression(rng, examples):
    """Return data, and the weight and bias of a linear model, all in float32."""
    x = rng.normal(size=(examples, 4)).astype(np.float32)
    y = rng.integers(0, 3, examples, dtype=np.uint8)
    return x, y, *(rng.normal(size=shape).astype(np.float32) for shape in ((4, 3), (1, 3)))


def linear_model(W, b):
    """Return a linear layer with the given weight and bias."""
    model = nn.Linear(*W.shape)
    model.weight.data, model.bias.data = ndl.Tensor(W), ndl.Tensor(b)
    return model


def test_residual_block(rng):
    """A block is ReLU of the input plus Linear, norm, ReLU, Dropout, Linear, norm of it."""
    block = mlp_resnet.ResidualBlock(5, 2, drop_prob=0.0)
    W1, b1, _, _, W2, b2, _, _ = (p.numpy() for p in block.parameters())
    x = rng.normal(size=(4, 5))
    hidden = x @ W1 + b1
    hidden = np.maximum(network.batch_norm(hidden, hidden.mean(axis=0), hidden.var(axis=0)), 0)
    hidden = hidden @ W2 + b2
    hidden = network.batch_norm(hidden, hidden.mean(axis=0), hidden.var(axis=0))
    expected = np.maximum(hidden + x, 0)
    assert_close(block(ndl.Tensor(x)).numpy(), expected, rtol=1e-4, atol=1e-4)


def test_shapes():
    """The network's layers have their sizes and their order; inside, blocks are half as wide."""
    model = mlp_resnet.MLPResNet(**NETWORK)
    assert [p.shape for p in model.parameters()] == SHAPES


def test_defaults():
    """By default there are three blocks of width 100 and ten classes."""
    shapes = [p.shape for p in mlp_resnet.MLPResNet(7).parameters()]
    assert len(shapes) == 28
    assert shapes[:4] == [(7, 100), (1, 100), (100, 50), (1, 50)]
    assert shapes[-2:] == [(100, 10), (1, 10)]


def test_order_of_draws():
    """Layers are made in the order in which they are applied: first in, first drawn."""
    np.random.seed(12)
    model = mlp_resnet.MLPResNet(**NETWORK)
    state = np.random.RandomState(12)
    for number, (p, shape) in enumerate(zip(model.parameters(), SHAPES, strict=True)):
        if len(shape) == 2:  # of a linear layer
            bound = math.sqrt(6 / (shape[1] if shape[0] == 1 else shape[0]))
            expected = state.rand(*shape) * 2 * bound - bound
            assert_close(p.numpy(), expected, name=f"parameter {number}")


def test_output(rng):
    """The logits of a network that drops nothing, in training and in evaluation."""
    model = mlp_resnet.MLPResNet(**NETWORK, drop_prob=0.0)
    parameters = [p.numpy() for p in model.parameters()]
    x = rng.normal(size=(9, 6))
    model.eval()
    expected = network.output(x, parameters, training=False)
    assert_close(model(ndl.Tensor(x)).numpy(), expected, rtol=1e-4, atol=1e-4, name="evaluation")
    model.train()
    expected = network.output(x, parameters, training=True)
    assert_close(model(ndl.Tensor(x)).numpy(), expected, rtol=1e-4, atol=1e-4, name="training")


def test_evaluation(rng):
    """epoch without an optimizer returns error rate and average loss, and changes nothing."""
    x, y, W, b = softmax_regression(rng, 12)
    model = linear_model(W, b)
    loader = ndl.data.DataLoader(ndl.data.NDArrayDataset(x, y), batch_size=4)
    error, loss = mlp_resnet.epoch(loader, model)
    expected = network.linear_epoch(network.batches(x, y, 4), W, b)
    assert_close(error, expected[0], name="error rate")
    assert_close(loss, expected[1], rtol=1e-4, name="loss")
    assert_close(model.weight.numpy(), W, name="weight")


def test_training(rng):
    """epoch with an optimizer takes a step after each batch; what it returns is from before it."""
    x, y, W, b = softmax_regression(rng, 12)
    model = linear_model(W, b)
    opt = ndl.optim.SGD(model.parameters(), lr=0.5)
    loader = ndl.data.DataLoader(ndl.data.NDArrayDataset(x, y), batch_size=4)
    error, loss = mlp_resnet.epoch(loader, model, opt)
    expected = network.linear_epoch(network.batches(x, y, 4), W, b, lr=0.5)
    assert_close(error, expected[0], name="error rate")
    assert_close(loss, expected[1], rtol=1e-4, name="loss")
    assert_close(model.weight.numpy(), expected[2], rtol=1e-4, atol=1e-4, name="weight")


def test_short_last_batch(rng):
    """Error rate and loss are averages over samples: a short batch counts by its size."""
    x, y, W, b = softmax_regression(rng, 13)
    loader = ndl.data.DataLoader(ndl.data.NDArrayDataset(x, y), batch_size=6)
    error, loss = mlp_resnet.epoch(loader, linear_model(W, b))
    expected = network.linear_epoch(network.batches(x, y, 6), W, b)
    assert_close(error, expected[0], name="error rate")
    assert_close(loss, expected[1], rtol=1e-4, name="loss")


def test_training_on_digits(tmp_path):
    """After three epochs, train_mnist reads most handwritten digits that it has not seen."""
    folder = digits.as_mnist(tmp_path, slice(0, 1397), slice(1397, 1797))
    results = mlp_resnet.train_mnist(
        batch_size=50, epochs=3, lr=0.01, hidden_dim=32, data_dir=folder
    )
    train_error, train_loss, test_error, test_loss = results
    assert 0 < train_error < 0.08, f"training: error rate {train_error:.1%}, not below 8%"
    assert 0 < train_loss < 0.25, f"training: loss {train_loss:.3f}, not below 0.25"
    assert 0 < test_error < 0.17, f"test: error rate {test_error:.1%}, not below 17%"
    assert 0 < test_loss < 0.5, f"test: loss {test_loss:.3f}, not below 0.5"


def test_training_on_mnist():
    """After one epoch on MNIST, train_mnist reads most digits, if the files are in data/."""
    folder = idx.mnist()
    _, _, error, loss = mlp_resnet.train_mnist(epochs=1, hidden_dim=30, data_dir=folder)
    assert error < 0.1, f"test: error rate {error:.1%}, it should be below 10%"
    assert loss < 0.3, f"test: loss {loss:.3f}, it should be below 0.3"
