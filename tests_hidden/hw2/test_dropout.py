"""Dropout: exact replays of its draws, shares, both modes, gradients."""

import math

import needle  # noqa: F401 - an import error shows here, once
import numpy as np
from grader.testing import assert_close, check_gradient, on_student_side


@on_student_side
def dropped(arrays, p, seed, training=True):
    """Return what Dropout makes of arrays, one after the other; the inputs, afterwards."""
    import needle as ndl

    module = ndl.nn.Dropout(p)
    module.train() if training else module.eval()
    np.random.seed(seed)
    tensors = [ndl.Tensor(array) for array in arrays]
    return [module(x).numpy() for x in tensors], [x.numpy() for x in tensors]


@on_student_side
def in_modes(x, p, seed):
    """Return the outputs of a dropout deep inside: in training, in evaluation, in training."""
    import needle as ndl

    class Holder(ndl.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = {"list": [(ndl.nn.Sequential(ndl.nn.Dropout(p)),)]}

        def forward(self, x):
            return self.inner["list"][0][0](x)

    np.random.seed(seed)
    module, found = Holder(), []
    for mode in (module.train, module.eval, module.train):
        mode()
        found.append(module(ndl.Tensor(x)).numpy())
    return found


def dropout(ndl, x, p, seed):
    np.random.seed(seed)
    return ndl.nn.Dropout(p)(x)


def between_layers(ndl, x, weight, seed):
    np.random.seed(seed)
    hidden = ndl.nn.Dropout(0.3)(ndl.relu(x @ weight))
    return hidden * hidden


def replayed(arrays, p, seed):
    """Return what Dropout should make of arrays."""
    state = np.random.RandomState(seed)
    return [x * (state.rand(*x.shape) <= 1 - p) / (1 - p) for x in arrays]


def test_replay(rng):
    """What stays is drawn by one call of np.random.rand for each input, for any shape and p."""
    arrays = [rng.normal(size=shape) for shape in ((4, 5), (7,), (2, 3, 4), (4, 5))]
    for p in (0.1, 0.5, 0.8, float(rng.uniform(0.2, 0.9))):
        seed = int(rng.integers(1 << 31))
        found, _ = dropped(arrays, p, seed)
        for got, expected in zip(found, replayed(arrays, p, seed), strict=True):
            assert_close(got, expected, rtol=1e-5, name=f"p={p:.3g}")


def test_evaluation(rng):
    """In evaluation the input comes out as it is, and in training it does not."""
    arrays, seed = [rng.normal(size=(30, 4))], int(rng.integers(1 << 31))
    assert_close(dropped(arrays, 0.7, seed, training=False)[0][0], arrays[0])
    assert (dropped(arrays, 0.7, seed)[0][0] == 0).any(), "nothing was dropped in training"


def test_modes_deep_inside(rng):
    """train() and eval() reach a dropout inside dicts, lists and tuples."""
    x, seed = rng.normal(size=(6, 7)), int(rng.integers(1 << 31))
    first, middle, last = in_modes(x, 0.4, seed)
    expected = replayed([x, x], 0.4, seed)
    assert_close(first, expected[0], name="training")
    assert_close(middle, x, name="evaluation")
    assert_close(last, expected[1], name="training again")


def test_nothing_is_dropped_with_probability_zero(rng):
    """With p = 0 everything stays, in training as well; with another p it does not."""
    x, seed = rng.normal(size=(5, 6)), int(rng.integers(1 << 31))
    assert_close(dropped([x], 0.0, seed)[0][0], x, name="p=0")
    assert_close(dropped([x], 0.2, seed)[0][0], replayed([x], 0.2, seed)[0], name="p=0.2")


def test_share(rng):
    """The share of what is dropped is p, and the mean of all elements stays."""
    x, p = np.ones((150, 200)), float(rng.uniform(0.1, 0.9))
    (result,), _ = dropped([x], p, int(rng.integers(1 << 31)))
    deviation = math.sqrt(p * (1 - p) / x.size)
    share = float((result == 0).mean())
    assert abs(share - p) < 6 * deviation, f"{share:.2%} were dropped, with p = {p:.2%}"
    assert abs(float(result.mean()) - 1) < 6 * deviation / (1 - p), "the mean changed"


def test_elements_are_independent(rng):
    """Each element is dropped by itself: neither whole rows nor columns, nor the same each time."""
    x = np.ones((100, 100))
    (first, second), _ = dropped([x, x], 0.5, int(rng.integers(1 << 31)))
    for name, result in (("first", first == 0), ("second", second == 0)):
        for axis in (0, 1):
            shares = result.mean(axis=axis)
            assert (np.abs(shares - 0.5) < 0.5).all(), f"{name}: whole rows or columns are dropped"
    same = float(((first == 0) == (second == 0)).mean())
    assert abs(same - 0.5) < 6 * 0.5 / 100, f"{same:.0%} of two draws agree, with p = 50%"


def test_gradient(rng):
    """The gradient flows to what stayed, scaled as it was, also inside a network."""
    for p in (0.2, 0.5, 0.75):
        seed = int(rng.integers(1 << 31))
        check_gradient(dropout, rng.normal(size=(4, 5)), p=p, seed=seed)
    seed = int(rng.integers(1 << 31))
    x, weight = rng.uniform(0.5, 1, (3, 4)), rng.uniform(0.5, 1, (4, 5))
    check_gradient(between_layers, x, weight, seed=seed)


def test_dtypes_and_inputs(rng):
    """The output has the dtype of the input, and the input stays as it is."""
    x = rng.normal(size=(4, 6))
    for dtype in ("float32", "float64"):
        seed = int(rng.integers(1 << 31))
        (result,), (afterwards,) = dropped([x.astype(dtype)], 0.3, seed)
        expected = replayed([x], 0.3, seed)[0]
        assert_close(result, expected, rtol=1e-5, dtype=dtype, name=dtype)
        assert_close(afterwards, x.astype(dtype), name="input")
