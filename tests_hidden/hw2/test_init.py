"""Random weights of any shape: exact replays of their draws, and their spread."""

import math

import needle as ndl
import numpy as np
import pytest
from grader.testing import assert_close, on_student_side

NAMES = ("xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal")


@on_student_side
def drawn(name, seed, fans, options):
    """Return weights, whether they need a gradient, and the next random number after them."""
    import needle as ndl

    np.random.seed(seed)
    weights = getattr(ndl.init, name)(*fans, **options)
    return weights.numpy(), weights.requires_grad, np.random.rand()


def scale(name, fan_in, fan_out, gain):
    """Return the bound of uniform weights, or the standard deviation of normal ones."""
    total = fan_in + fan_out
    return {
        "xavier_uniform": gain * math.sqrt(6 / total),
        "xavier_normal": gain * math.sqrt(2 / total),
        "kaiming_uniform": math.sqrt(6 / fan_in),
        "kaiming_normal": math.sqrt(2 / fan_in),
    }[name]


def expected(name, seed, fans, gain=1.0):
    """Return the same as `drawn`, by definition."""
    state, width = np.random.RandomState(seed), scale(name, *fans, gain)
    if name.endswith("normal"):
        weights = state.randn(*fans) * width
    else:
        weights = state.rand(*fans) * 2 * width - width
    return weights, state.rand()


def compare(rng, name, **options):
    """Compare weights of several shapes with their definition."""
    for fans in ((3, 8), (8, 3), (1, 5), (6, 1), tuple(int(n) for n in rng.integers(2, 20, 2))):
        seed = int(rng.integers(1 << 31))
        found, _, _ = drawn(name, seed, fans, options)
        weights, _ = expected(name, seed, fans, **options)
        assert_close(found, weights, name=f"{name}{fans}")


def test_xavier_uniform(rng):
    """xavier_uniform for matrices of any shape."""
    compare(rng, "xavier_uniform")


def test_xavier_normal(rng):
    """xavier_normal for matrices of any shape."""
    compare(rng, "xavier_normal")


def test_kaiming_uniform(rng):
    """kaiming_uniform for matrices of any shape."""
    compare(rng, "kaiming_uniform")


def test_kaiming_normal(rng):
    """kaiming_normal for matrices of any shape."""
    compare(rng, "kaiming_normal")


def test_gain(rng):
    """The gain of the Xavier initializers scales bound and standard deviation."""
    for name in ("xavier_uniform", "xavier_normal"):
        compare(rng, name, gain=float(rng.uniform(0.1, 0.9)))
        compare(rng, name, gain=float(rng.uniform(1.1, 3)))


@pytest.mark.parametrize("name", NAMES)
def test_one_draw(rng, name):
    """Each initializer draws as many random numbers as there are weights, and no more."""
    seed = int(rng.integers(1 << 31))
    weights, _, following = drawn(name, seed, (4, 7), {})
    wanted, after = expected(name, seed, (4, 7))
    assert_close(weights, wanted, name="weights")
    assert_close(following, after, name="the next random number")


@pytest.mark.parametrize("name", NAMES)
def test_dtype(rng, name):
    """Weights are float32 by default, and of the dtype that is asked for."""
    seed = int(rng.integers(1 << 31))
    wanted, _ = expected(name, seed, (5, 3))
    assert_close(drawn(name, seed, (5, 3), {})[0], wanted, dtype="float32")
    found = drawn(name, seed, (5, 3), {"dtype": "float64"})[0]
    assert_close(found, wanted, rtol=1e-12, atol=1e-14, dtype="float64")


@pytest.mark.parametrize("name", NAMES)
def test_requires_grad(rng, name):
    """Weights need a gradient if that is asked for, and not by default."""
    seed = int(rng.integers(1 << 31))
    assert drawn(name, seed, (2, 3), {"requires_grad": True})[1] is True
    assert drawn(name, seed, (2, 3), {})[1] is False


# The bounds of the next two tests are six standard deviations of what they measure.


@pytest.mark.parametrize("name", ["xavier_uniform", "kaiming_uniform"])
def test_spread_of_uniform_weights(rng, name):
    """Uniform weights fill the range between their bounds evenly."""
    np.random.seed(int(rng.integers(1 << 31)))
    weights = getattr(ndl.init, name)(120, 250).numpy() / scale(name, 120, 250, 1.0)
    assert weights.shape == (120, 250)
    assert np.abs(weights).max() <= 1 + 1e-6, "weights lie beyond the bound"
    assert np.abs(weights).max() > 0.99, "weights do not reach the bound"
    assert abs(weights.mean()) < 6 * math.sqrt(1 / 3 / weights.size), "the mean is not zero"
    assert abs((weights**2).mean() * 3 - 1) < 6 * math.sqrt(0.8 / weights.size), "not uniform"


@pytest.mark.parametrize("name", ["xavier_normal", "kaiming_normal"])
def test_spread_of_normal_weights(rng, name):
    """Normal weights have mean zero, the right standard deviation, and tails."""
    np.random.seed(int(rng.integers(1 << 31)))
    weights = getattr(ndl.init, name)(120, 250).numpy() / scale(name, 120, 250, 1.0)
    assert weights.shape == (120, 250)
    assert abs(weights.mean()) < 6 / math.sqrt(weights.size), "the mean is not zero"
    assert abs((weights**2).mean() - 1) < 6 * math.sqrt(2 / weights.size), "wrong deviation"
    inside = (np.abs(weights) < 1).mean()
    assert abs(inside - 0.6827) < 6 * math.sqrt(0.2166 / weights.size), "not normal"
