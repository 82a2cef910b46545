"""Sets of numbers, written as lists of intervals; a notebook that is handed in replaces this."""


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
