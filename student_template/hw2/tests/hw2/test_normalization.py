"""BatchNorm1d, which looks at columns and remembers, and LayerNorm1d, which looks at rows."""

import needle as ndl
import needle.nn as nn
import numpy as np
from grader.testing import assert_close, check_module

EPS = 1e-5
X = np.array([[1.0, -2.0, 0.5], [3.0, 1.0, 2.5], [-1.0, 0.0, 4.0], [2.0, 3.0, -3.0], [0.5, 7, 1.0]])
SIZES = {"batch size": 5, "number of features": 3}


def batch_norm(ndl, training):
    module = ndl.nn.BatchNorm1d(3)
    module.train() if training else module.eval()
    return module


def layer_norm(ndl):
    return ndl.nn.LayerNorm1d(3)


def normalized(x, axis):
    mean, var = x.mean(axis=axis, keepdims=True), x.var(axis=axis, keepdims=True)
    return (x - mean) / np.sqrt(var + EPS)


def test_batch_norm():
    """In training, each column is normalized with its own mean and (biased) variance."""
    result = nn.BatchNorm1d(3)(ndl.Tensor(X))
    assert_close(result.numpy(), normalized(X, 0), sizes=SIZES)


def test_batch_norm_parameters():
    """At first the weight is ones and the bias zeros, both (dim,); nothing else is a parameter."""
    module = nn.BatchNorm1d(3)
    assert len(module.parameters()) == 2
    for name, expected in (("weight", np.ones(3)), ("bias", np.zeros(3))):
        assert_close(getattr(module, name).numpy(), expected, dtype="float32", name=name)
    for name, expected in (("running_mean", np.zeros(3)), ("running_var", np.ones(3))):
        assert_close(getattr(module, name).numpy(), expected, dtype="float32", name=name)


def test_batch_norm_with_weight_and_bias():
    """The normalized columns are multiplied by the weight, and the bias is added."""
    module = nn.BatchNorm1d(3, dtype="float64")
    weight, bias = np.array([2.0, -1.0, 0.5]), np.array([0.25, 3.0, -1.0])
    module.weight.data, module.bias.data = ndl.Tensor(weight), ndl.Tensor(bias)
    assert_close(module(ndl.Tensor(X)).numpy(), normalized(X, 0) * weight + bias, sizes=SIZES)


def test_batch_norm_running_statistics():
    """Training moves the running statistics a tenth of the way to those of the batch."""
    module = nn.BatchNorm1d(3)
    module(ndl.Tensor(X))
    assert_close(module.running_mean.numpy(), 0.1 * X.mean(axis=0), name="running_mean")
    assert_close(module.running_var.numpy(), 0.9 + 0.1 * X.var(axis=0), name="running_var")


def test_batch_norm_with_momentum():
    """The momentum is the weight of the newest batch in the running statistics."""
    module = nn.BatchNorm1d(3, momentum=0.75)
    mean, var = np.zeros(3), np.ones(3)
    for x in (X, X[:3] * 2, X[1:] - 1):
        module(ndl.Tensor(x))
        mean, var = 0.25 * mean + 0.75 * x.mean(axis=0), 0.25 * var + 0.75 * x.var(axis=0)
    assert_close(module.running_mean.numpy(), mean, name="running_mean")
    assert_close(module.running_var.numpy(), var, name="running_var")


def test_batch_norm_in_evaluation():
    """In evaluation, the running statistics are used, and do not change."""
    module = nn.BatchNorm1d(3)
    module(ndl.Tensor(X))
    mean, var = 0.1 * X.mean(axis=0), 0.9 + 0.1 * X.var(axis=0)
    module.eval()
    x = 2 * X[:2] + 1
    expected = (x - mean) / np.sqrt(var + EPS)
    assert_close(module(ndl.Tensor(x)).numpy(), expected, name="first output")
    assert_close(module(ndl.Tensor(x)).numpy(), expected, name="second output")
    assert_close(module.running_mean.numpy(), mean, name="running_mean")


def test_batch_norm_gradient():
    """The gradients of BatchNorm1d with respect to input, weight and bias."""
    check_module(batch_norm, X, training=True)
    check_module(batch_norm, X, training=False)


def test_layer_norm():
    """Each row is normalized with its own mean and (biased) variance."""
    result = nn.LayerNorm1d(3)(ndl.Tensor(X))
    assert_close(result.numpy(), normalized(X, 1), sizes=SIZES)


def test_layer_norm_with_weight_and_bias():
    """The normalized rows are multiplied by the weight, and the bias is added."""
    module = nn.LayerNorm1d(3, dtype="float64")
    assert [p.shape for p in module.parameters()] == [(3,), (3,)]
    weight, bias = np.array([2.0, -1.0, 0.5]), np.array([0.25, 3.0, -1.0])
    module.weight.data, module.bias.data = ndl.Tensor(weight), ndl.Tensor(bias)
    assert_close(module(ndl.Tensor(X)).numpy(), normalized(X, 1) * weight + bias, sizes=SIZES)


def test_layer_norm_of_one_row():
    """The result for a row does not depend on the other rows of the batch."""
    assert_close(nn.LayerNorm1d(3)(ndl.Tensor(X[2:3])).numpy(), normalized(X, 1)[2:3])


def test_layer_norm_gradient():
    """The gradients of LayerNorm1d with respect to input, weight and bias."""
    check_module(layer_norm, X)


def test_float32_stays_float32():
    """The outputs for float32 inputs, and the running statistics, are float32."""
    x = X.astype(np.float32)
    module = nn.BatchNorm1d(3)
    result = module(ndl.Tensor(x)).numpy()
    assert_close(result, normalized(X, 0), rtol=1e-4, atol=1e-4, dtype="float32", name="batch")
    for name, expected in (("mean", 0.1 * X.mean(axis=0)), ("var", 0.9 + 0.1 * X.var(axis=0))):
        running = getattr(module, f"running_{name}").numpy()
        assert_close(running, expected, dtype="float32", name=f"running_{name}")
    result = nn.LayerNorm1d(3)(ndl.Tensor(x)).numpy()
    assert_close(result, normalized(X, 1), rtol=1e-4, atol=1e-4, dtype="float32", name="layer")
