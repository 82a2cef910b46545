"""Dropout, which is random in training and does nothing in evaluation."""

import needle as ndl
import needle.nn as nn
import numpy as np
from grader.testing import assert_close, check_gradient


def dropout(ndl, x, p):
    np.random.seed(11)
    return ndl.nn.Dropout(p)(x)


def test_evaluation(rng):
    """In evaluation, the input comes out as it is; in training it does not."""
    module = nn.Dropout(0.5)
    x = rng.normal(size=(6, 7))
    assert not (module(ndl.Tensor(x)).numpy() == x).all(), "nothing was dropped in training"
    module.eval()
    assert_close(module(ndl.Tensor(x)).numpy(), x)


def test_training_draws_once(rng):
    """An element stays where one call of np.random.rand gives at most 1 - p."""
    x = rng.normal(size=(4, 5))
    np.random.seed(9)
    result = nn.Dropout(0.25)(ndl.Tensor(x)).numpy()
    kept = np.random.RandomState(9).rand(4, 5) <= 0.75
    assert_close(result, x * kept / 0.75)


def test_share_and_scale():
    """About p of all elements are dropped, and the others are divided by 1 - p."""
    np.random.seed(0)
    result = nn.Dropout(0.2)(ndl.Tensor(np.ones((100, 100)))).numpy()
    assert_close(result[result != 0], np.full(np.count_nonzero(result), 1.25), name="what stays")
    share = (result == 0).mean()
    assert 0.17 < share < 0.23, f"{share:.1%} were dropped, with p = 20%"


def test_gradient(rng):
    """The gradient flows back to the elements that stayed, scaled as they were."""
    check_gradient(dropout, rng.normal(size=(4, 5)), p=0.4)


def test_float32_stays_float32(rng):
    """The output for a float32 input is float32."""
    x = rng.normal(size=(4, 5)).astype(np.float32)
    np.random.seed(9)
    result = nn.Dropout(0.5)(ndl.Tensor(x)).numpy()
    kept = np.random.RandomState(9).rand(4, 5) <= 0.5
    assert_close(result, x * kept / 0.5, dtype="float32")
