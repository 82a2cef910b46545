"""Sets of numbers, written as lists of intervals; a notebook that is handed in replaces this."""


def merge(intervals):
    """Return the shortest sorted list of intervals that covers the same numbers."""
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION
