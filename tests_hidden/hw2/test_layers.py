"""Linear, ReLU, Flatten, Sequential and Residual, alone and inside one another."""

import math

import needle as ndl
import needle.nn as nn
import numpy as np
from grader.testing import (
    assert_close,
    check_gradient,
    check_gradients,
    check_module,
    on_student_side,
)


def linear(ndl, size_in, size_out, bias):
    return ndl.nn.Linear(size_in, size_out, bias=bias)


def flatten(ndl, x):
    return ndl.nn.Flatten()(x)


def relu(ndl, x):
    return ndl.nn.ReLU()(x)


def tower(ndl):
    nn = ndl.nn
    inner = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 3))
    return nn.Sequential(nn.Flatten(), nn.Linear(6, 3), nn.Residual(inner), nn.Linear(3, 2))


def twice(ndl):
    layer = ndl.nn.Linear(3, 3)
    model = ndl.nn.Sequential(layer, ndl.nn.ReLU(), layer, ndl.nn.Residual(layer))
    model.parameters = layer.parameters
    return model


def nested_residual(ndl):
    nn = ndl.nn
    return nn.Residual(nn.Residual(nn.Sequential(nn.Linear(4, 4, bias=False), nn.ReLU())))


@on_student_side
def made_linear(seed, sizes, options):
    """Return a linear layer's weight and bias, and the next random number after them."""
    import needle as ndl

    np.random.seed(seed)
    layer = ndl.nn.Linear(*sizes, **options)
    bias = None if layer.bias is None else layer.bias.numpy()
    return layer.weight.numpy(), bias, np.random.rand()


@on_student_side
def applied(module, arrays, dtype):
    """Return what a module, made by a function, makes of arrays; and its parameters."""
    import needle as ndl

    made = module(ndl)
    outputs = [made(ndl.Tensor(array.astype(dtype))).numpy() for array in arrays]
    return outputs, [p.numpy() for p in made.parameters()]


@on_student_side
def with_flat_bias(x, bias):
    """Return a linear layer's weight, and its output when its bias is replaced by (out,)."""
    import needle as ndl

    layer = ndl.nn.Linear(x.shape[-1], len(bias))
    layer.bias.data = ndl.Tensor(bias, dtype=layer.bias.dtype)
    return layer.weight.numpy(), layer(ndl.Tensor(x)).numpy()


def compare_linear(rng, shape, size_out, bias=True):
    """Compare a linear layer's output with its definition."""
    layer = nn.Linear(shape[-1], size_out, bias=bias)
    x = rng.normal(size=shape)
    expected = x @ layer.weight.numpy() + (layer.bias.numpy() if bias else 0)
    assert_close(layer(ndl.Tensor(x)).numpy(), expected, name=f"Linear of {shape}")


def test_linear(rng):
    """Linear for batches of any size and any number of features."""
    for shape, size_out in (((5, 3), 7), ((1, 4), 2), ((6, 1), 3), ((4, 4), 4), ((2, 5), 1)):
        compare_linear(rng, shape, size_out)


def test_linear_without_bias(rng):
    """Linear without a bias."""
    for shape, size_out in (((5, 3), 7), ((1, 4), 2), ((4, 4), 4)):
        compare_linear(rng, shape, size_out, bias=False)


def test_linear_on_more_axes(rng):
    """Linear on the last of three or four axes."""
    for shape in ((2, 5, 3), (5, 3, 3), (2, 1, 4, 3)):
        compare_linear(rng, shape, 4)
        compare_linear(rng, shape, 4, bias=False)


def test_linear_draws(rng):
    """Weight and bias are drawn in this order, and nothing else is drawn."""
    for sizes in ((3, 5), (5, 3), (4, 1)):
        seed = int(rng.integers(1 << 31))
        weight, bias, following = made_linear(seed, sizes, {})
        state = np.random.RandomState(seed)
        bound = math.sqrt(6 / sizes[0])
        expected = state.rand(*sizes) * 2 * bound - bound
        assert_close(weight, expected, dtype="float32", name="weight")
        bound = math.sqrt(6 / sizes[1])
        expected = (state.rand(sizes[1], 1) * 2 * bound - bound).reshape(1, sizes[1])
        assert_close(bias, expected, dtype="float32", name="bias")
        assert_close(following, state.rand(), name="the next random number")


def test_linear_without_bias_draws(rng):
    """Without a bias, only the weight is drawn."""
    seed = int(rng.integers(1 << 31))
    weight, bias, following = made_linear(seed, (3, 5), {"bias": False})
    state = np.random.RandomState(seed)
    expected = state.rand(3, 5) * 2 * math.sqrt(2) - math.sqrt(2)
    assert_close(weight, expected, name="weight")
    assert bias is None
    assert_close(following, state.rand(), name="the next random number")


def test_linear_of_another_dtype(rng):
    """Weight and bias have the dtype that is asked for."""
    seed = int(rng.integers(1 << 31))
    weight, bias, _ = made_linear(seed, (3, 5), {"dtype": "float64"})
    state = np.random.RandomState(seed)
    for name, found, fan_in, shape in (("weight", weight, 3, (3, 5)), ("bias", bias, 5, (1, 5))):
        bound = math.sqrt(6 / fan_in)
        expected = state.rand(*shape) * 2 * bound - bound
        assert_close(found, expected, rtol=1e-12, dtype="float64", name=name)


def test_linear_gradient(rng):
    """The gradients of Linear with respect to input, weight and bias, for any sizes."""
    for rows, size_in, size_out in ((5, 3, 4), (1, 4, 2), (3, 3, 3), (4, 2, 1)):
        x = rng.normal(size=(rows, size_in))
        check_module(linear, x, size_in=size_in, size_out=size_out, bias=True)
    check_module(linear, rng.normal(size=(4, 3)), size_in=3, size_out=2, bias=False)


def test_linear_gradient_on_more_axes(rng):
    """The gradients of weight and bias are sums over all axes but the last."""
    for shape in ((2, 5, 3), (2, 2, 2, 3)):
        check_module(linear, rng.normal(size=shape), size_in=3, size_out=4, bias=True)


def test_linear_with_a_bias_of_one_axis(rng):
    """A bias that was replaced by a tensor (out,) is added as well."""
    x, bias = rng.normal(size=(4, 3)), rng.normal(size=5).astype(np.float32)
    weight, found = with_flat_bias(x, bias)
    assert_close(found, x @ weight + bias)


def test_relu(rng):
    """ReLU keeps what is positive, for tensors of any shape; its gradient is zero elsewhere."""
    for shape in ((7,), (3, 4), (2, 3, 4)):
        x = rng.uniform(0.1, 3, shape) * rng.choice([-1, 1], shape)
        assert_close(nn.ReLU()(ndl.Tensor(x)).numpy(), np.maximum(x, 0), name=f"ReLU of {shape}")
        check_gradient(relu, x)


def test_flatten(rng):
    """Flatten of tensors with two to five axes, and its gradient."""
    shapes = ((3, 4), (2, 3, 4), (2, 3, 1, 2), (1, 2, 2, 2, 3), (4, 1))
    for shape in shapes:
        x = rng.normal(size=shape)
        expected = x.reshape(shape[0], -1)
        assert_close(nn.Flatten()(ndl.Tensor(x)).numpy(), expected, name=f"Flatten of {shape}")
    check_gradients(flatten, [([rng.normal(size=shape)], {}) for shape in shapes])


def test_modules_inside_modules(rng):
    """Sequential and Residual inside each other: the output for several batches."""
    arrays = [rng.normal(size=(n, 2, 3)) for n in (4, 1, 7)]
    outputs, (W1, b1, W2, b2, W3, b3, W4, b4) = applied(tower, arrays, "float64")
    for x, found in zip(arrays, outputs, strict=True):
        x = x.reshape(-1, 6) @ W1 + b1
        x = np.maximum(x @ W2 + b2, 0) @ W3 + b3 + x
        assert_close(found, x @ W4 + b4, name=f"batch of {len(found)}")


def test_gradient_of_modules_inside_modules(rng):
    """The gradients of a tower of modules with respect to input and all parameters."""
    check_module(tower, rng.normal(size=(4, 2, 3)))
    check_module(nested_residual, rng.normal(size=(3, 4)))


def test_a_module_that_is_used_twice(rng):
    """The gradients of a layer that occurs several times are sums over all uses."""
    check_module(twice, rng.normal(size=(4, 3)))


def test_new_weights_are_used(rng):
    """A layer computes with the weights that it has when it is called."""
    layer, x = nn.Linear(3, 2), rng.normal(size=(4, 3))
    layer(ndl.Tensor(x))
    for _ in range(2):
        W = rng.normal(size=(3, 2)).astype(np.float32)
        layer.weight.data = ndl.Tensor(W)
        assert_close(layer(ndl.Tensor(x)).numpy(), x @ W + layer.bias.numpy())


def test_parameters(rng):
    """Weight and bias are parameters of their module, each once, and the module's own objects."""
    layer = nn.Linear(3, 2)
    weight, bias = layer.parameters()
    assert weight is layer.weight
    assert bias is layer.bias
    model = nn.Sequential(layer, nn.ReLU(), nn.Residual(nn.Linear(2, 2, bias=False)))
    assert [p.shape for p in model.parameters()] == [(3, 2), (1, 2), (2, 2)]
    assert all(isinstance(p, nn.Parameter) and p.requires_grad for p in model.parameters())


def test_float32_stays_float32(rng):
    """The outputs of float32 inputs are float32."""
    x = rng.normal(size=(4, 2, 3))
    (found,), (W1, b1, W2, b2, W3, b3, W4, b4) = applied(tower, [x], "float32")
    x = x.reshape(-1, 6) @ W1 + b1
    x = np.maximum(x @ W2 + b2, 0) @ W3 + b3 + x
    assert_close(found, x @ W4 + b4, rtol=1e-3, atol=1e-4, dtype="float32")
