"""Guesses have to fit when they should, and to stay away when they should not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from grader import feedback


def describe(actual, expected, *, sizes=None, dtype=None):
    return feedback.describe_mismatch(
        np.asarray(actual), np.asarray(expected), rtol=1e-5, atol=1e-6, dtype=dtype, sizes=sizes
    )


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def roll_with_noise(a: np.ndarray) -> np.ndarray:
    return np.concatenate([draw(1, *a.shape[1:], seed=9), a[:-1]])


#: what was done to the right array -> words that the guess has to hold
GUESSED: dict[str, tuple[tuple[int, ...], Callable[[np.ndarray], object], str]] = {
    "transposed square": ((4, 4), lambda a: a.T, "transposed: with axes 0 and 1"),
    "transposed": ((4, 3), lambda a: a.T, "transposed: with axes 0 and 1"),
    "transposed batch": ((2, 4, 4), lambda a: a.swapaxes(1, 2), "transposed: with axes 1 and 2"),
    "reshaped": ((4, 3), lambda a: a.T.reshape(4, 3), "reshaped where axes 0 and 1"),
    "sign": ((4, 3), lambda a: -a, "sign is flipped"),
    "sign of one": ((), lambda a: -a, "sign is flipped"),
    "zeros": ((4, 3), lambda a: 0 * a, "all values are zero"),
    "zero": ((), lambda a: 0 * a, "the value is zero"),
    "sum for mean": ((4, 3), lambda a: 7 * a, "every value is 7 times the expected one"),
    "mean for sum": ((4, 3), lambda a: a / 12, "every value is 1/12 of the expected one"),
    "scalar times 8": ((), lambda a: 8 * a, "the value is 8 times the expected one"),
    "factor and sign": (
        (4, 3),
        lambda a: -2 * a,
        "2 times the expected one, with the sign flipped",
    ),
    "odd factor": ((4, 3), lambda a: 1.37 * a, "every value is 1.37 times"),
    "offset": ((4, 3), lambda a: a + 0.25, "off by the same 0.25"),
    "next row": ((5, 3), lambda a: np.roll(a, -1, 0), "shifted by one along axis 0"),
    "row before": ((5, 3), roll_with_noise, "index i holds what belongs to i - 1"),
    "next column": ((3, 5), lambda a: np.roll(a, -1, 1), "shifted by one along axis 1"),
    "reversed": ((3, 5), lambda a: a[::-1], "reversed along axis 0"),
    "kept axis": ((4,), lambda a: a[None], "axes of size 1 are too many"),
    "lost axis": ((4, 1), lambda a: a[:, 0], "axes of size 1 are missing"),
    "moved axis": ((4, 1), lambda a: a.T, "axes of size 1 are in the wrong place"),
    "one-element array": ((), lambda a: a[None], "axes of size 1 are too many"),
    "flat": ((4, 3), np.ravel, "only a reshape is missing"),
    "per example": ((), lambda a: a + np.array([0.5, -0.25, -0.25]), "mean over axis 0 is right"),
    "not summed": ((4,), lambda a: a + draw(3, 4) - draw(3, 4).mean(0), "mean over axis 0"),
    "one axis too few": ((4, 3), lambda a: a.sum(1), "the sum of the right values over axis 1"),
    "repeated": ((3,), lambda a: np.broadcast_to(a, (4, 3)), "repeated"),
    "row meets column": ((4,), lambda a: a + draw(4, 4) * (1 - np.eye(4)), "only its diagonal"),
}


@pytest.mark.parametrize("case", GUESSED)
def test_a_fitting_guess_is_made(case):
    shape, spoil, words = GUESSED[case]
    expected = draw(*shape) if shape else np.asarray(1.2345678)
    assert words in describe(spoil(expected), expected).guess


@pytest.mark.parametrize(
    ("large", "shape", "axes"),
    [
        ((5, 3, 4), (3, 4), "axis 0"),
        ((3, 4), (3, 1), "axis 1"),
        ((5, 3, 4), (1, 4), "axes (0, 1)"),
        ((2, 3), (), "axes (0, 1)"),
    ],
)
def test_a_missing_sum_over_broadcast_axes_is_named(large, shape, axes):
    actual = draw(*large)
    lead = actual.ndim - len(shape)
    summed = actual.sum(axis=tuple(range(lead)))
    ones = tuple(i for i, n in enumerate(shape) if n == 1)
    expected = summed.sum(axis=ones, keepdims=True)
    guess = describe(actual, expected).guess
    assert guess.startswith(f"the sum over {axes} is missing")


def test_a_factor_that_is_a_known_size_is_called_by_its_name():
    expected = draw(3, 4)
    sizes = {"batch size": 7, "number of classes": 4}
    guess = describe(expected * 7, expected, sizes=sizes).guess
    assert guess.endswith("; 7 is the batch size: a division by it is missing")
    guess = describe(expected / 4, expected, sizes=sizes).guess
    assert guess.endswith("; 4 is the number of classes: it was divided by once too often")
    assert " is the " not in describe(expected * 5, expected, sizes=sizes).guess


def test_a_factor_that_two_sizes_share_is_not_called_by_a_name():
    sizes = {"batch size": 7, "number of classes": 7}
    assert " is the " not in describe(draw(3, 4) * 7, draw(3, 4), sizes=sizes).guess


def test_leaked_float64_is_named():
    found = describe(np.zeros(3), np.zeros(3, np.float32), dtype="float32")
    assert found.category == "wrong dtype"
    assert "float64 leaked" in found.guess
    assert describe(np.zeros(3, np.int32), np.zeros(3), dtype="float32").guess == ""


@pytest.mark.parametrize(
    ("have", "want"),
    [
        ((4, 3), (4, 3)),
        ((4, 4), (4, 4)),
        ((3, 4), (4, 3)),
        ((12,), (4, 3)),
        ((4, 3), (3,)),
        ((4, 3), ()),
        ((), ()),
        ((1,), ()),
        ((5, 4, 3), (4, 3)),
        ((3,), (4, 3)),
        ((2,), (2,)),
    ],
)
def test_unrelated_arrays_get_no_guess(have, want):
    for seed in range(50):
        assert describe(draw(*have, seed=seed), draw(*want, seed=seed + 1000)).guess == ""


def test_one_wrong_value_or_noise_gets_no_guess():
    for seed in range(50):
        expected = draw(4, 4, seed=seed)
        one = expected.copy()
        one[1, 2] += 1
        assert describe(one, expected).guess == ""
        assert describe(expected + 1e-3 * draw(4, 4, seed=seed + 1), expected).guess == ""


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (6.0, 3.0),  # a ratio of whole numbers may be chance
        ([6.0, 4.0], [3.0, 2.0]),
        (1e-9, 0.0),
        ([[1.0, 1.0], [2.0, 2.0]], [[1.0, 2.0], [1.0, 3.0]]),
        (np.zeros((3, 3)), np.zeros((3,))),  # nothing to tell by
        ([1.0, 2.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]),
    ],
)
def test_arrays_that_agree_by_chance_get_no_guess(actual, expected):
    assert describe(actual, expected).guess == ""


def test_a_matrix_of_equal_values_is_not_called_transposed_or_shifted():
    guess = describe(np.full((3, 3), 2.0), np.full((3, 3), 1.0)).guess
    assert "2 times" in guess
    assert describe(np.full((4, 3), 1.0), np.full((3, 4), 1.0)).guess != "transposed"


def test_shape_comes_first_even_when_values_are_not_finite():
    found = describe(np.full((2, 3), np.nan, np.float32), np.zeros(3))
    assert found.category == "wrong shape"
    assert found.text.startswith("shape (2, 3), expected (3,) (dtype float32)")


def test_values_are_described_by_the_worst_place_and_the_largest_errors():
    expected = np.array([[1.0, 2.0], [4.0, 8.0]])
    actual = expected + np.array([[0, 0.5], [0, 0.25]])
    lines = describe(actual, expected).text.splitlines()
    assert lines[0] == "shape (2, 2) and dtype float64 are right"
    assert lines[1] == "2 of 4 values are wrong, the worst at [0, 1]: got 2.5, expected 2"
    assert lines[2].startswith("largest absolute error 0.5, largest relative error 0.25 ")


def test_values_that_are_not_finite_are_located():
    actual = np.array([1.0, np.inf, np.nan])
    found = describe(actual, np.array([1.0, 2.0, 3.0]))
    assert found.category == "not finite"
    assert "2 of 3 values are not finite, the first at [1]: got inf, expected 2" in found.text


def test_finite_values_where_infinity_is_expected_are_wrong_values():
    found = describe(np.array([1.0, 2.0]), np.array([1.0, np.inf]))
    assert found.category == "wrong value"
    assert "the worst at [1]: got 2, expected inf" in found.text


def test_a_value_without_axes_and_an_empty_array_are_described():
    assert "the value is wrong, the worst at [()]: got 1" in describe(1.0, 2.5).text
    assert describe(np.zeros((0, 3)), np.zeros((3,))).text.startswith("shape (0, 3), expected (3,)")


def test_text_is_bounded():
    actual = np.zeros((1,) * 60 + (2,))
    sizes = {"x" * 5000: 7}
    assert len(describe(actual, np.zeros(3)).text) <= feedback.TEXT_LIMIT
    assert len(describe(7 * draw(3), draw(3), sizes=sizes).text) <= feedback.TEXT_LIMIT


def test_many_axes_and_large_arrays_do_not_take_long():
    assert describe(draw(*(2,) * 15), draw(*(2,) * 14)).guess == ""
    large = np.arange(feedback.GUESS_SIZE + 1.0)
    assert describe(2 * large, large).guess == ""
