"""One layer of the transformer."""

import definition
import modules
import numpy as np
from grader.testing import assert_close


def run(x, arguments, options=None, seed=3):
    """Run a layer; return what it computes, and the weights that it has to hold."""
    features, heads, dim, hidden = arguments
    random = np.random.RandomState(seed)
    drawn = definition.draw_layer(random, features, heads * dim, hidden)
    weights = modules.uneven(x.shape)
    found = modules.run("TransformerLayer", arguments, options or {}, [x], weights, seed, "eval", 0)
    return found, drawn, weights


def test_shape(rng):
    """The output has the shape of the input."""
    x = rng.normal(size=(2, 5, 6)).astype(np.float32)
    found, _, _ = run(x, (6, 2, 3, 7))
    assert found["out"].shape == x.shape, f"output {found['out'].shape}, not {x.shape}"


def test_weights(rng):
    """The weights are drawn in order: attention, first linear layer, second linear layer."""
    x = rng.normal(size=(1, 3, 6)).astype(np.float32)
    found, drawn, _ = run(x, (6, 2, 3, 7))
    modules.match(found["parameters"], drawn)


def test_values(rng):
    """The output of a layer: attention, then two linear layers, each with a way around."""
    x = rng.normal(size=(2, 4, 6)).astype(np.float32)
    found, drawn, _ = run(x, (6, 2, 3, 7))
    expected = definition.transformer_layer(x.astype(np.float64), drawn, 2)
    assert_close(found["out"], expected, dtype="float32", name="output", **modules.CLOSE)


def test_gradient_of_the_input(rng):
    """The gradient with respect to the input."""
    x = rng.normal(size=(1, 3, 4)).astype(np.float32)
    found, drawn, weights = run(x, (4, 2, 2, 5))

    def total(arrays):
        return float((definition.transformer_layer(arrays[0], drawn, 2) * weights).sum())

    gradient = found["gradients"][0]
    modules.check_gradient(rng, total, [x.astype(np.float64)], 0, gradient, "the input")
