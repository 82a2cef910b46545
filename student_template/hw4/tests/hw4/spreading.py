"""Dilate and UnDilate: zeros between elements."""

import numpy as np
from operators import check


def dilated(a, axes, dilation):
    """Put zeros behind every element along the axes that `a` has."""
    for axis in axes:
        if axis < a.ndim:
            shape = (*a.shape[:axis], a.shape[axis] * (dilation + 1), *a.shape[axis + 1 :])
            out = np.zeros(shape)
            out[(slice(None),) * axis + (slice(None, None, dilation + 1),)] = a
            a = out
    return a


def undilated(a, axes, dilation):
    """Keep every (dilation + 1)-th element along the axes that `a` has."""
    for axis in axes:
        if axis < a.ndim:
            a = np.take(a, np.arange(0, a.shape[axis], dilation + 1), axis)
    return a


def check_dilate(rng, shape, axes, dilation, device="cpu"):
    """Check dilate, and its gradient."""
    options = {"axes": axes, "dilation": dilation}
    check("dilate", dilated, [([rng.normal(size=shape)], options)], device)


def check_undilate(rng, shape, axes, dilation, device="cpu"):
    """Check undilate, and its gradient."""
    options = {"axes": axes, "dilation": dilation}
    check("undilate", undilated, [([rng.normal(size=shape)], options)], device)
