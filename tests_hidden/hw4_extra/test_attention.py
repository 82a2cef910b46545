"""Attention with other sizes, large numbers, masks and dropout."""

import definition
import modules
import numpy as np
from grader.testing import assert_close


def draw(rng, batch, heads, queries, keys, dim, scale=1.0):
    """Return queries, keys and values."""
    lengths = (queries, keys, keys)
    return [(scale * rng.normal(size=(batch, heads, n, dim))).astype(np.float32) for n in lengths]


def check(inputs, causal, **close):
    """Compare results and weights with the definition."""
    found = modules.attend(*inputs, {"causal": causal}, "eval", 0)
    expected = definition.attend(*(x.astype(np.float64) for x in inputs), causal)
    for name, got, wanted in zip(("result", "weights"), found, expected, strict=True):
        assert_close(got, wanted, dtype="float32", name=name, **(close or modules.CLOSE))


def test_sizes_that_all_differ(rng):
    """Batch, heads, times and features of different size."""
    check(draw(rng, 2, 3, 5, 5, 4), causal=False)
    check(draw(rng, 3, 1, 2, 2, 7), causal=False)


def test_causal_with_sizes_that_all_differ(rng):
    """The same with a mask: no weight on a later key."""
    check(draw(rng, 2, 3, 5, 5, 4), causal=True)
    check(draw(rng, 1, 2, 7, 7, 3), causal=True)


def test_more_keys_than_queries(rng):
    """The number of keys may be another than that of queries."""
    check(draw(rng, 2, 2, 3, 6, 4), causal=False)


def test_causal_with_more_keys_than_queries(rng):
    """With a mask, the last query stands at the time of the last key."""
    check(draw(rng, 2, 2, 3, 6, 4), causal=True)


def test_a_single_time(rng):
    """A sequence of one: the result is the value."""
    q, k, v = draw(rng, 2, 2, 1, 1, 4)
    for causal in (False, True):
        result, weights = modules.attend(q, k, v, {"causal": causal}, "eval", 0)
        assert_close(result, v, name="result", **modules.CLOSE)
        assert_close(weights, np.ones((2, 2, 1, 1)), name="weights", **modules.CLOSE)


def test_large_scores(rng):
    """Scores for which exp would overflow."""
    check(draw(rng, 2, 4, 12, 12, 6, scale=12.0), causal=False, rtol=1e-3, atol=1e-3)
    check(draw(rng, 2, 4, 12, 12, 6, scale=12.0), causal=True, rtol=1e-3, atol=1e-3)


def test_scores_are_scaled(rng):
    """Scores are divided by the square root of the number of features, whatever that is."""
    for dim in (1, 2, 16):
        check(draw(rng, 1, 1, 3, 3, dim, scale=1.5), causal=False)


def test_heads_do_not_mix(rng):
    """What happens in one head or one sequence changes no other."""
    q, k, v = draw(rng, 2, 2, 4, 4, 3)
    before, _ = modules.attend(q, k, v, {}, "eval", 0)
    for x in (q, k, v):
        x[1, 0] += 1
    after, _ = modules.attend(q, k, v, {}, "eval", 0)
    same = np.ones((2, 2), bool)
    same[1, 0] = False
    assert_close(after[same], before[same], name="the other heads", **modules.CLOSE)
    assert np.abs(after[1, 0] - before[1, 0]).max() > 0.1, "the changed head gives the same result"


def test_dropout_of_weights(rng):
    """In training, weights are dropped or divided by 1 - p, and results follow the weights left."""
    inputs = draw(rng, 2, 2, 6, 6, 3)
    options = {"dropout": 0.25, "causal": True}
    result, weights = modules.attend(*inputs, options, "train", 11)
    wide = [x.astype(np.float64) for x in inputs]
    _, full = definition.attend(*wide, True)
    kept = np.random.RandomState(11).rand(*full.shape) <= 0.75
    expected = full * kept / 0.75
    assert_close(weights, expected, name="weights", **modules.CLOSE)
    assert_close(result, expected @ wide[2], name="result", **modules.CLOSE)


def test_no_dropout_in_evaluation(rng):
    """In evaluation, nothing is dropped, whatever p is."""
    inputs = draw(rng, 1, 2, 4, 4, 3)
    _, weights = modules.attend(*inputs, {"dropout": 0.9}, "eval", 0)
    _, expected = definition.attend(*(x.astype(np.float64) for x in inputs), False)
    assert_close(weights, expected, name="weights", **modules.CLOSE)


def check_gradients(rng, inputs, causal):
    weights = modules.uneven(inputs[0].shape)
    found = modules.attend_backward(*inputs, {"causal": causal}, weights)

    def total(arrays):
        return float((definition.attend(*arrays, causal)[0] * weights).sum())

    wide = [x.astype(np.float64) for x in inputs]
    for position, name in enumerate(("queries", "keys", "values")):
        modules.check_gradient(rng, total, wide, position, found[position], name)


def test_gradients(rng):
    """The gradients without a mask."""
    check_gradients(rng, draw(rng, 2, 1, 3, 4, 5), causal=False)


def test_causal_gradients(rng):
    """The gradients with a mask: none reaches a key that is not seen."""
    check_gradients(rng, draw(rng, 1, 3, 4, 4, 2), causal=True)
