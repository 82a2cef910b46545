"""Adding values of several types."""

import numpy as np
import pytest
import simple_ml
from grader.testing import assert_close


@pytest.mark.parametrize(("x", "y"), [(2, 3), (0.5, 0.25), (-7, 7), (True, 2.5)])
def test_numbers(x, y):
    """The sum of two numbers, of the type that Python gives it."""
    total = simple_ml.add(x, y)
    assert type(total) is type(x + y), f"type {type(total).__name__}"
    assert total == x + y


def test_arrays(rng):
    """The sum of arrays keeps their dtype, and broadcasts."""
    a, b = rng.normal(size=(4, 3)).astype(np.float32), rng.normal(size=3).astype(np.float32)
    assert_close(simple_ml.add(a, b), a + b, dtype="float32", name="add")
    whole = rng.integers(-9, 9, (2, 5))
    assert_close(simple_ml.add(whole, whole[::-1]), whole + whole[::-1], dtype="int64", name="add")


def test_an_array_and_a_number(rng):
    """The sum of an array and a number, whichever comes first."""
    a = rng.normal(size=(3, 2))
    assert_close(simple_ml.add(a, 2), a + 2, name="add")
    assert_close(simple_ml.add(-1.5, a), a - 1.5, name="add")
