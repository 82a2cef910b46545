"""Modules without randomness or statistics: Linear, ReLU, Flatten, Sequential, Residual."""

import math

import needle as ndl
import needle.nn as nn
import numpy as np
from grader.testing import assert_close, check_gradient, check_module


def linear(ndl, size_in, size_out, bias):
    return ndl.nn.Linear(size_in, size_out, bias=bias)


def flatten(ndl, x):
    return ndl.nn.Flatten()(x)


def two_layers(ndl):
    nn = ndl.nn
    return nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2))


def residual(ndl):
    return ndl.nn.Residual(ndl.nn.Linear(4, 4))


class Tower(nn.Module):
    """Modules and parameters in a list, a tuple and a dict."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 3)
        self.more = [nn.Linear(3, 4), (nn.Linear(4, 5, bias=False),)]
        self.named = {"scale": nn.Parameter(ndl.Tensor(np.ones(7))), "last": nn.Linear(5, 6)}


def test_linear(rng):
    """Linear multiplies by its weight and adds its bias to every row."""
    layer = nn.Linear(4, 3)
    x = rng.normal(size=(5, 4))
    expected = x @ layer.weight.numpy() + layer.bias.numpy()
    assert_close(layer(ndl.Tensor(x)).numpy(), expected)


def test_linear_without_bias(rng):
    """With bias=False there is only the weight, and `bias` is None."""
    layer = nn.Linear(4, 3, bias=False)
    x = rng.normal(size=(5, 4))
    assert layer.bias is None
    assert len(layer.parameters()) == 1
    assert_close(layer(ndl.Tensor(x)).numpy(), x @ layer.weight.numpy())


def test_linear_parameters():
    """The weight is (in, out), the bias (1, out); both are parameters of float32, in this order."""
    layer = nn.Linear(4, 3)
    assert [p.shape for p in layer.parameters()] == [(4, 3), (1, 3)]
    assert all(isinstance(p, nn.Parameter) for p in (layer.weight, layer.bias))
    assert all(p.requires_grad for p in (layer.weight, layer.bias))
    assert_close(layer.weight.numpy(), layer.weight.numpy(), dtype="float32", name="weight")
    assert_close(layer.bias.numpy(), layer.bias.numpy(), dtype="float32", name="bias")


def test_linear_draws_weight_then_bias():
    """Weight and bias are drawn by kaiming_uniform, the bias second, with fan_in = out_features."""
    np.random.seed(7)
    layer = nn.Linear(4, 3)
    state = np.random.RandomState(7)
    for name, fan_in, shape in (("weight", 4, (4, 3)), ("bias", 3, (1, 3))):
        bound = math.sqrt(6 / fan_in)
        expected = state.rand(*shape) * 2 * bound - bound
        assert_close(getattr(layer, name).numpy(), expected, name=name)


def test_linear_on_more_axes(rng):
    """Linear works on the last axis, however many there are before it."""
    layer = nn.Linear(4, 3)
    x = rng.normal(size=(2, 5, 4))
    expected = x @ layer.weight.numpy() + layer.bias.numpy()
    assert_close(layer(ndl.Tensor(x)).numpy(), expected)


def test_linear_gradient(rng):
    """The gradients of Linear with respect to input, weight and bias."""
    check_module(linear, rng.normal(size=(5, 4)), size_in=4, size_out=3, bias=True)
    check_module(linear, rng.normal(size=(5, 4)), size_in=4, size_out=3, bias=False)


def test_relu():
    """ReLU is the positive part of each element."""
    x = np.array([[1.5, -2.0, 0.0], [-0.5, 3.0, 4.0]])
    assert_close(nn.ReLU()(ndl.Tensor(x)).numpy(), [[1.5, 0.0, 0.0], [0.0, 3.0, 4.0]])


def test_flatten(rng):
    """Flatten keeps the first axis and puts all others into one, with the elements in order."""
    x = rng.normal(size=(3, 2, 4, 5))
    assert_close(nn.Flatten()(ndl.Tensor(x)).numpy(), x.reshape(3, 40))
    assert_close(nn.Flatten()(ndl.Tensor(x[0, 0])).numpy(), x[0, 0], name="two axes")
    check_gradient(flatten, x[:, 0, :, :2])


def test_sequential(rng):
    """Sequential applies its modules one after the other."""
    first, last = nn.Linear(4, 6), nn.Linear(6, 2)
    x = rng.normal(size=(5, 4))
    hidden = np.maximum(x @ first.weight.numpy() + first.bias.numpy(), 0)
    expected = hidden @ last.weight.numpy() + last.bias.numpy()
    assert_close(nn.Sequential(first, nn.ReLU(), last)(ndl.Tensor(x)).numpy(), expected)


def test_sequential_gradient(rng):
    """The gradients of two layers with ReLU between them, with respect to all parameters."""
    check_module(two_layers, rng.normal(size=(3, 4)))


def test_residual(rng):
    """Residual adds the input to what its module makes of it."""
    layer = nn.Linear(4, 4)
    x = rng.normal(size=(3, 4))
    expected = x @ layer.weight.numpy() + layer.bias.numpy() + x
    assert_close(nn.Residual(layer)(ndl.Tensor(x)).numpy(), expected)
    check_module(residual, x)


def test_parameters_are_found_everywhere():
    """parameters() finds those of inner modules, in lists, tuples and dicts, in order."""
    shapes = [p.shape for p in Tower().parameters()]
    assert shapes == [(2, 3), (1, 3), (3, 4), (1, 4), (4, 5), (7,), (5, 6), (1, 6)]


def test_float32_stays_float32(rng):
    """The output for a float32 input is float32."""
    x = rng.normal(size=(3, 4)).astype(np.float32)
    layer = nn.Linear(4, 4)
    hidden = x @ layer.weight.numpy() + layer.bias.numpy()
    model = nn.Sequential(nn.Residual(layer), nn.ReLU(), nn.Flatten())
    result = model(ndl.Tensor(x)).numpy()
    assert_close(result, np.maximum(hidden + x, 0), rtol=1e-4, atol=1e-5, dtype="float32")
