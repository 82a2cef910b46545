"""The transformer."""

import definition
import modules
import numpy as np
import places
from grader.testing import assert_close


def run(x, arguments, options, seed=5, device="cpu"):
    """Run a transformer on x (batch, time, features); return what it computes, and its weights."""
    features, hidden, layers = arguments
    options = {"num_head": 2, "dim_head": 3, "batch_first": True, "sequence_len": 9, **options}
    inner, length = options["num_head"] * options["dim_head"], options["sequence_len"]
    random = np.random.RandomState(seed)
    drawn = definition.draw_transformer(random, features, inner, hidden, layers, length)
    given = x if options["batch_first"] else np.ascontiguousarray(x.swapaxes(0, 1))
    weights = modules.uneven(given.shape)
    found = modules.run(
        "Transformer", arguments, options, [given], weights, seed, "eval", 0, device
    )
    return found, drawn, weights


def test_output_and_state(rng):
    """The output has the shape of the input; in the place of a state there are zeros."""
    x = rng.normal(size=(2, 4, 6)).astype(np.float32)
    found, _, _ = run(x, (6, 7, 1), {})
    assert found["out"].shape == x.shape, f"output {found['out'].shape}, not {x.shape}"
    (state,) = found["others"]
    assert_close(state, np.zeros(x.shape), dtype="float32", name="state")


def test_weights(rng):
    """The vectors of times are drawn first, then the layers from first to last."""
    x = rng.normal(size=(1, 3, 6)).astype(np.float32)
    found, drawn, _ = run(x, (6, 7, 2), {})
    modules.match(found["parameters"], drawn)


def test_values(rng):
    """The output of two layers over vectors to which those of their times were added."""
    x = rng.normal(size=(2, 4, 6)).astype(np.float32)
    found, drawn, _ = run(x, (6, 7, 2), {})
    expected = definition.transformer(x.astype(np.float64), drawn, 2)
    assert_close(found["out"], expected, dtype="float32", name="output", **modules.CLOSE)


def test_time_first(rng):
    """Without `batch_first`, sequences come and go as (time, batch, features)."""
    x = rng.normal(size=(2, 4, 6)).astype(np.float32)
    found, drawn, _ = run(x, (6, 7, 1), {"batch_first": False})
    expected = definition.transformer(x.astype(np.float64), drawn, 2).swapaxes(0, 1)
    assert_close(found["out"], expected, dtype="float32", name="output", **modules.CLOSE)


def test_the_future_is_not_seen(rng):
    """What comes later in a sequence changes nothing before."""
    x = rng.normal(size=(1, 5, 6)).astype(np.float32)
    changed = x.copy()
    changed[:, 3:] += 1
    before, after = (run(each, (6, 7, 2), {})[0]["out"] for each in (x, changed))
    assert_close(after[:, :3], before[:, :3], name="first times", **modules.CLOSE)
    assert np.abs(after[:, 3:] - before[:, 3:]).max() > 1e-3, "later times have not changed at all"


def test_gradient_of_the_input(rng):
    """The gradient with respect to the input goes through all layers."""
    x = rng.normal(size=(1, 3, 4)).astype(np.float32)
    found, drawn, weights = run(x, (4, 5, 2), {"dim_head": 2})

    def total(arrays):
        return float((definition.transformer(arrays[0], drawn, 2) * weights).sum())

    gradient = found["gradients"][0]
    modules.check_gradient(rng, total, [x.astype(np.float64)], 0, gradient, "the input")


def test_other_devices(rng):
    """Parameters, output and state are on the device that is asked for; CUDA needs no GPU."""
    x = rng.normal(size=(2, 3, 4)).astype(np.float32)
    for device in places.others():
        found, drawn, _ = run(x, (4, 5, 1), {}, device=device)
        expected = definition.transformer(x.astype(np.float64), drawn, 2)
        assert_close(found["out"], expected, name=f"output on {device}", **modules.CLOSE)
        assert set(found["devices"]) == {f"{device}()"}, f"on {sorted(set(found['devices']))}"
