"""Sets of numbers, written as lists of intervals."""


def length(intervals):
    """Return how long the intervals are together, counting each of them in full."""
    return sum(last - first for first, last in intervals)


def merge(intervals):
    """Return the shortest sorted list of intervals that covers the same numbers."""
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION
