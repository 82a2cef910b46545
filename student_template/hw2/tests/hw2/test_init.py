"""Random weights: how wide they are spread, and that each comes from one draw of NumPy's."""

import math

import needle as ndl
import numpy as np
from grader.testing import assert_close


def draw_uniform(seed, shape, bound):
    """Return what one call of `np.random.rand` gives, stretched to numbers below `bound`."""
    return np.random.RandomState(seed).rand(*shape) * 2 * bound - bound


def draw_normal(seed, shape, std):
    """Return what one call of `np.random.randn` gives, times `std`."""
    return np.random.RandomState(seed).randn(*shape) * std


def test_xavier_uniform():
    """xavier_uniform is uniform between -a and a, where a = sqrt(6 / (fan_in + fan_out))."""
    np.random.seed(1)
    weights = ndl.init.xavier_uniform(3, 5)
    assert_close(weights.numpy(), draw_uniform(1, (3, 5), math.sqrt(6 / 8)), dtype="float32")


def test_xavier_normal():
    """xavier_normal has the standard deviation sqrt(2 / (fan_in + fan_out))."""
    np.random.seed(2)
    weights = ndl.init.xavier_normal(3, 5)
    assert_close(weights.numpy(), draw_normal(2, (3, 5), math.sqrt(2 / 8)), dtype="float32")


def test_xavier_with_gain():
    """The gain of both Xavier initializers is a factor of what they draw."""
    np.random.seed(3)
    weights = ndl.init.xavier_uniform(7, 2, gain=1.5)
    expected = draw_uniform(3, (7, 2), 1.5 * math.sqrt(6 / 9))
    assert_close(weights.numpy(), expected, name="xavier_uniform")
    np.random.seed(3)
    weights = ndl.init.xavier_normal(7, 2, gain=0.5)
    expected = draw_normal(3, (7, 2), 0.5 * math.sqrt(2 / 9))
    assert_close(weights.numpy(), expected, name="xavier_normal")


def test_kaiming_uniform():
    """kaiming_uniform is uniform between -b and b, where b = sqrt(2) * sqrt(3 / fan_in)."""
    np.random.seed(4)
    weights = ndl.init.kaiming_uniform(3, 5)
    expected = draw_uniform(4, (3, 5), math.sqrt(2) * math.sqrt(3 / 3))
    assert_close(weights.numpy(), expected, dtype="float32")


def test_kaiming_normal():
    """kaiming_normal has the standard deviation sqrt(2) / sqrt(fan_in)."""
    np.random.seed(5)
    weights = ndl.init.kaiming_normal(3, 5)
    expected = draw_normal(5, (3, 5), math.sqrt(2) / math.sqrt(3))
    assert_close(weights.numpy(), expected, dtype="float32")


def test_kaiming_looks_at_what_comes_in():
    """The spread of Kaiming's weights depends on fan_in alone."""
    wide, narrow = ndl.init.kaiming_uniform(2, 600), ndl.init.kaiming_uniform(600, 2)
    ratio = np.abs(wide.numpy()).max() / np.abs(narrow.numpy()).max()
    assert 16 < ratio < 18.5, f"the ratio of the bounds is {ratio:.3g}, it should be sqrt(300)"


def test_options_are_passed_on():
    """dtype and requires_grad reach the tensor; by default it is float32 and needs no gradient."""
    weights = ndl.init.kaiming_normal(4, 3, dtype="float64", requires_grad=True)
    assert_close(weights.numpy(), weights.numpy(), dtype="float64")
    assert weights.requires_grad
    assert not ndl.init.xavier_normal(4, 3).requires_grad
