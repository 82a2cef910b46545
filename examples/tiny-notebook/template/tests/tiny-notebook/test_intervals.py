"""What students are shown."""

from intervals import merge


def test_overlapping_intervals_become_one():
    """Two intervals that share numbers become one."""
    assert merge([(1, 4), (3, 6), (8, 9)]) == [(1, 6), (8, 9)]
