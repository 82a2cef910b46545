# %% [markdown]
# # Merging intervals
#
# Return the shortest sorted list of intervals that covers the same numbers.


# %%
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


# %% tags=["not-graded"]
merge([(1, 4), (3, 6), (8, 9)])
