"""Sets of numbers, written as lists of intervals."""


def length(intervals):
    """Return how long the intervals are together, counting each of them in full."""
    return sum(last - first for first, last in intervals)


def merge(intervals):
    """Return the shortest sorted list of intervals that covers the same numbers."""
    ### BEGIN YOUR SOLUTION
    merged = []
    for first, last in sorted(intervals):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
    ### END YOUR SOLUTION
