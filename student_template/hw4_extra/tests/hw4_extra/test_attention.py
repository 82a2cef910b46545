"""Attention of several heads."""

import definition
import modules
import numpy as np
from grader.testing import assert_close


def draw(rng, batch=2, heads=3, queries=4, keys=4, dim=5):
    """Return queries, keys and values."""
    lengths = (queries, keys, keys)
    return [rng.normal(size=(batch, heads, n, dim)).astype(np.float32) for n in lengths]


def check(inputs, causal):
    """Compare results and weights with the definition."""
    found = modules.attend(*inputs, {"causal": causal}, "eval", 0)
    expected = definition.attend(*(x.astype(np.float64) for x in inputs), causal)
    for name, got, wanted in zip(("result", "weights"), found, expected, strict=True):
        assert_close(got, wanted, dtype="float32", name=name, **modules.CLOSE)


def test_shapes(rng):
    """The result has the shape of the queries, and there is a weight for each query and key."""
    result, weights = modules.attend(*draw(rng), {}, "eval", 0)
    assert result.shape == (2, 3, 4, 5), f"result {result.shape}"
    assert weights.shape == (2, 3, 4, 4), f"weights {weights.shape}"


def test_weights_are_shares(rng):
    """The weights of a query are positive and add up to 1."""
    _, weights = modules.attend(*draw(rng), {}, "eval", 0)
    assert (weights >= 0).all(), f"the smallest weight is {weights.min()}"
    assert_close(weights.sum(axis=-1), np.ones((2, 3, 4)), name="sums", **modules.CLOSE)


def test_values(rng):
    """Results and weights without a mask."""
    check(draw(rng), causal=False)


def test_causal_values(rng):
    """Results and weights where a query sees only keys at its own time and before."""
    check(draw(rng), causal=True)


def test_the_first_query_sees_one_key(rng):
    """With a causal mask, the first result is the first value."""
    q, k, v = draw(rng)
    result, _ = modules.attend(q, k, v, {"causal": True}, "eval", 0)
    assert_close(result[:, :, 0], v[:, :, 0], name="first result", **modules.CLOSE)


def test_equal_keys(rng):
    """If all keys are equal, the result is the mean of the values."""
    q, k, v = draw(rng)
    k[:] = k[:, :, :1]
    result, _ = modules.attend(q, k, v, {}, "eval", 0)
    expected = np.broadcast_to(v.mean(axis=2, keepdims=True), v.shape)
    assert_close(result, expected, name="result", **modules.CLOSE)


def test_gradients(rng):
    """The gradients of the result with respect to queries, keys and values."""
    inputs = draw(rng, batch=1, heads=2, queries=3, keys=3, dim=4)
    weights = modules.uneven(inputs[0].shape)
    found = modules.attend_backward(*inputs, {"causal": True}, weights)

    def total(arrays):
        return float((definition.attend(*arrays, True)[0] * weights).sum())

    wide = [x.astype(np.float64) for x in inputs]
    for position, name in enumerate(("queries", "keys", "values")):
        modules.check_gradient(rng, total, wide, position, found[position], name)
