"""Transformer layers of other sizes, with dropout, and the gradients of their weights."""

import definition
import modules
import numpy as np
from grader.testing import assert_close


def run(x, arguments, options, seed, mode="eval", draw=0):
    """Run a layer; return what it computes, and the weights that it has to hold."""
    features, heads, dim, hidden = arguments
    random = np.random.RandomState(seed)
    drawn = definition.draw_layer(random, features, heads * dim, hidden)
    weights = modules.uneven(x.shape)
    found = modules.run("TransformerLayer", arguments, options, [x], weights, seed, mode, draw)
    return found, drawn, weights


def check(rng, shape, arguments, options=None):
    """Compare the output with the definition."""
    x, seed = rng.normal(size=shape).astype(np.float32), int(rng.integers(1000))
    found, drawn, weights = run(x, arguments, options or {}, seed)
    causal = (options or {}).get("causal", True)
    expected = definition.transformer_layer(x.astype(np.float64), drawn, arguments[1], causal)
    assert_close(found["out"], expected, dtype="float32", name="output", **modules.CLOSE)
    return found, drawn, weights, x.astype(np.float64)


def test_sizes_that_all_differ(rng):
    """Batch, times, features, heads and hidden features of different size."""
    check(rng, (3, 4, 5), (5, 2, 3, 7))
    check(rng, (2, 3, 6), (6, 1, 4, 2))


def test_without_a_mask(rng):
    """A layer that also sees later times."""
    check(rng, (2, 5, 4), (4, 2, 2, 6), {"causal": False})


def test_a_single_time(rng):
    """Sequences of one."""
    check(rng, (2, 1, 4), (4, 2, 2, 6))


def test_weights(rng):
    """The weights are drawn in order, and there are no others but those of norms."""
    found, drawn, _, _ = check(rng, (1, 2, 6), (6, 2, 2, 5))
    modules.match(found["parameters"], drawn)
    count = sum(p.size for p in found["parameters"])
    norms = 4 * 2 * 6
    expected = sum(w.size for w in drawn) + norms
    assert count == expected, f"{count} numbers in all parameters, {expected} expected"


def test_gradients_of_weights(rng):
    """The gradient with respect to every projection, weight and bias."""
    found, drawn, weights, x = check(rng, (2, 3, 4), (4, 2, 2, 5))

    def total(arrays):
        return float((definition.transformer_layer(x, arrays, 2) * weights).sum())

    for position, place in enumerate(modules.match(found["parameters"], drawn)):
        gradient = found["gradients"][1 + place]
        modules.check_gradient(rng, total, drawn, position, gradient, f"weight {position + 1}")


def test_every_parameter_gets_a_gradient(rng):
    """No parameter is left out of the computation, norms included."""
    found, _, _, _ = check(rng, (2, 3, 4), (4, 2, 2, 5))
    missing = [i for i, g in enumerate(found["gradients"]) if g is None or not np.abs(g).max() > 0]
    assert not missing, f"{len(missing)} of {len(found['gradients'])} gradients are missing or zero"


def test_dropout(rng):
    """In training, dropout draws for weights, after attention, after relu and at the end."""
    x, p = rng.normal(size=(2, 3, 4)).astype(np.float32), 0.3
    found, drawn, _ = run(x, (4, 2, 2, 5), {"dropout": p}, 1, "train", draw=9)
    random = np.random.RandomState(9)

    def drop(values):
        return values * (random.rand(*values.shape) <= 1 - p) / (1 - p)

    *projections, w1, b1, w2, b2 = drawn
    wide = x.astype(np.float64)
    split = [
        (definition.normalized(wide) @ w).reshape(2, 3, 2, 2).swapaxes(1, 2)
        for w in projections[:3]
    ]
    _, shares = definition.attend(*split, True)
    joined = (drop(shares) @ split[2]).swapaxes(1, 2).reshape(2, 3, 4) @ projections[3]
    wide = wide + drop(joined)
    hidden = drop(np.maximum(definition.normalized(wide) @ w1 + b1, 0))
    expected = wide + drop(hidden @ w2 + b2)
    assert_close(found["out"], expected, dtype="float32", name="output", **modules.CLOSE)
