"""Adding two values."""

import simple_ml
from grader.testing import assert_close


def test_add_numbers():
    """The sum of two numbers is a number, and whole numbers stay whole."""
    total = simple_ml.add(5, 6)
    assert type(total) is int, f"add(5, 6) is of type {type(total).__name__}"
    assert total == 11, f"add(5, 6) = {total}"


def test_add_arrays(rng):
    """The sum of two arrays is an array."""
    a, b = rng.normal(size=(2, 3, 4))
    assert_close(simple_ml.add(a, b), a + b, dtype="float64", name="add")
