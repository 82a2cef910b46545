"""What only the grader sees."""

from intervals import merge


def test_order_and_touching_ends_do_not_matter():
    """The order of the input does not matter, and intervals that touch become one."""
    assert merge([(7, 9), (3, 5), (2, 3)]) == [(2, 5), (7, 9)]
    assert merge([]) == []
