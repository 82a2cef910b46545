"""Derivatives by differences, in float64."""

import numpy as np


def gradients(function, arrays, eps=1e-5):
    """Return the derivatives of `function(arrays)`, a number, with respect to every element."""
    arrays = [np.array(array, dtype=np.float64) for array in arrays]
    found = []
    for array in arrays:
        slope = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            middle = array[index]
            array[index] = middle + eps
            above = function(arrays)
            array[index] = middle - eps
            slope[index] = (above - function(arrays)) / (2 * eps)
            array[index] = middle
        found.append(slope)
    return found


def uneven(shape):
    """Return fixed weights of both signs."""
    return np.asarray(np.cos(1.7 * np.arange(np.prod(shape))).reshape(shape) + 0.1, np.float32)
