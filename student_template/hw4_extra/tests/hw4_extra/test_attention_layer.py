"""Attention with its projections."""

import definition
import modules
import numpy as np
from grader.testing import assert_close


def run(inputs, arguments, options, seed=7):
    """Run an attention layer; return what it computes, and the weights that it has to hold."""
    q_features, heads, dim = arguments
    sizes = [options.get(f"{name}_features", q_features) for name in ("k", "v", "out")]
    random = np.random.RandomState(seed)
    k, v, out = sizes
    drawn = definition.draw_attention(random, q_features, k, v, heads * dim, out)
    weights = modules.uneven((*inputs[0].shape[:2], out))
    found = modules.run("AttentionLayer", arguments, options, inputs, weights, seed, "eval", 0)
    return found, drawn, weights


def test_shape(rng):
    """The output has the batch and the times of the queries, and `out_features`."""
    x = rng.normal(size=(2, 5, 6)).astype(np.float32)
    found, _, _ = run([x], (6, 2, 3), {"out_features": 4})
    assert found["out"].shape == (2, 5, 4), f"output {found['out'].shape}"
    assert found["dtype"] == "float32"
    assert set(found["devices"]) == {"cpu()"}, f"on {sorted(set(found['devices']))}"


def test_attention_to_itself(rng):
    """With queries only, keys and values are the queries; a time sees itself and times before."""
    x = rng.normal(size=(2, 4, 6)).astype(np.float32)
    found, drawn, _ = run([x], (6, 2, 3), {})
    expected = definition.attention_layer(*[x.astype(np.float64)] * 3, drawn, 2)
    assert_close(found["out"], expected, dtype="float32", name="output", **modules.CLOSE)


def test_attention_to_others(rng):
    """Keys and values may be others than the queries."""
    q, k, v = (rng.normal(size=(2, 4, 6)).astype(np.float32) for _ in range(3))
    found, drawn, _ = run([q, k, v], (6, 2, 3), {"causal": False})
    wide = [x.astype(np.float64) for x in (q, k, v)]
    expected = definition.attention_layer(*wide, drawn, 2, causal=False)
    assert_close(found["out"], expected, dtype="float32", name="output", **modules.CLOSE)


def test_gradient_of_the_input(rng):
    """The gradient with respect to the input goes through all three projections."""
    x = rng.normal(size=(1, 3, 4)).astype(np.float32)
    found, drawn, weights = run([x], (4, 2, 2), {})

    def total(arrays):
        return float((definition.attention_layer(*arrays * 3, drawn, 2) * weights).sum())

    gradient = found["gradients"][0]
    modules.check_gradient(rng, total, [x.astype(np.float64)], 0, gradient, "the input")
