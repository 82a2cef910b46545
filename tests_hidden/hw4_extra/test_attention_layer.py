"""Attention layers with features of other sizes, and the gradients of their weights."""

import definition
import modules
import numpy as np
from grader.testing import assert_close


def run(inputs, arguments, options, seed):
    """Run an attention layer; return what it computes, and the weights that it has to hold."""
    q_features, heads, dim = arguments
    k, v, out = (options.get(f"{name}_features", q_features) for name in ("k", "v", "out"))
    random = np.random.RandomState(seed)
    drawn = definition.draw_attention(random, q_features, k, v, heads * dim, out)
    weights = modules.uneven((*inputs[0].shape[:2], out))
    found = modules.run("AttentionLayer", arguments, options, inputs, weights, seed, "eval", 0)
    return found, drawn, weights


def check(rng, shapes, arguments, options):
    """Compare the output with the definition."""
    inputs = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    found, drawn, weights = run(inputs, arguments, options, int(rng.integers(1000)))
    wide = [x.astype(np.float64) for x in inputs]
    triple = wide * 3 if len(wide) == 1 else wide
    causal = options.get("causal", True)
    expected = definition.attention_layer(*triple, drawn, arguments[1], causal)
    assert_close(found["out"], expected, dtype="float32", name="output", **modules.CLOSE)
    return found, drawn, weights, wide


def test_one_head(rng):
    """A single head with as many features as it likes."""
    check(rng, [(2, 5, 6)], (6, 1, 7), {})


def test_many_heads(rng):
    """More heads than features."""
    check(rng, [(1, 4, 3)], (3, 5, 2), {})


def test_features_of_keys_values_and_output(rng):
    """Queries, keys, values and output may all have other features."""
    features = {"k_features": 4, "v_features": 5, "out_features": 7}
    shapes = [(2, 4, 6), (2, 4, 4), (2, 4, 5)]
    check(rng, shapes, (6, 2, 3), {**features, "causal": False})


def test_more_keys_than_queries(rng):
    """Keys and values of another length than the queries."""
    check(rng, [(2, 3, 6), (2, 5, 6), (2, 5, 6)], (6, 2, 3), {"causal": False})
    check(rng, [(2, 3, 6), (2, 5, 6), (2, 5, 6)], (6, 2, 3), {})


def test_long_sequences(rng):
    """Sequences longer than there are features."""
    check(rng, [(1, 17, 4)], (4, 2, 2), {})


def test_inputs_are_normalized(rng):
    """Scaling and shifting the features of a time changes next to nothing."""
    x = rng.normal(size=(2, 4, 8)).astype(np.float32)
    before, _, _ = run([x], (8, 2, 3), {}, 1)
    after, _, _ = run([50 * x + 3], (8, 2, 3), {}, 1)
    assert_close(after["out"], before["out"], rtol=1e-3, atol=1e-3, name="output")


def test_gradients_of_weights(rng):
    """The gradient with respect to each of the four projections."""
    found, drawn, weights, (x,) = check(rng, [(2, 3, 4)], (4, 2, 2), {})

    def total(arrays):
        return float((definition.attention_layer(x, x, x, arrays, 2) * weights).sum())

    places = modules.match(found["parameters"], drawn)
    names = ("q_projection", "k_projection", "v_projection", "out_projection")
    for position, (name, place) in enumerate(zip(names, places, strict=True)):
        gradient = found["gradients"][1 + place]
        modules.check_gradient(rng, total, drawn, position, gradient, name)


def test_gradients_of_inputs(rng):
    """The gradients with respect to queries, keys and values that differ."""
    shapes = [(1, 3, 4), (1, 4, 4), (1, 4, 4)]
    found, drawn, weights, wide = check(rng, shapes, (4, 2, 2), {"causal": False})

    def total(arrays):
        return float((definition.attention_layer(*arrays, drawn, 2, causal=False) * weights).sum())

    for position, name in enumerate(("queries", "keys", "values")):
        modules.check_gradient(rng, total, wide, position, found["gradients"][position], name)
