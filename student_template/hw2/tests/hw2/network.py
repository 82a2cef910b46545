"""The residual network and one epoch of training, written in NumPy and in float64."""

import numpy as np

EPS = 1e-5


def batch_norm(x, mean, var):
    """Normalize the columns of `x`."""
    return (x - mean) / np.sqrt(var + EPS)


def output(x, parameters, training):
    """Return the logits of an `MLPResNet` that drops nothing.

    `parameters` are its arrays in the order in which the layers are applied. The statistics of
    normalization are those of the batch in training, and those of a new network otherwise.
    """
    arrays = iter([array.astype(np.float64) for array in parameters])

    def linear(x):
        return x @ next(arrays) + next(arrays)

    def norm(x):
        mean, var = (x.mean(axis=0), x.var(axis=0)) if training else (0, 1)
        return batch_norm(x, mean, var) * next(arrays) + next(arrays)

    def block(x):
        return np.maximum(norm(linear(np.maximum(norm(linear(x)), 0))) + x, 0)

    x = np.maximum(linear(x), 0)
    for _ in range((len(parameters) - 4) // 8):
        x = block(x)
    return linear(x)


def softmax_loss(logits, y):
    """Return the average loss of a batch."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]))


def softmax_slope(logits, y):
    """Return the gradient of the average loss with respect to the logits."""
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (odds / odds.sum(axis=1, keepdims=True) - np.eye(logits.shape[1])[y]) / len(y)


def linear_epoch(batches, W, b, lr=0.0):
    """Return error rate and loss of an epoch of a linear model, and its arrays afterwards.

    With lr = 0 it is an evaluation. Plain gradient descent.
    """
    errors, losses, count = 0, 0.0, 0
    for x, y in batches:
        logits = x @ W + b
        errors += int((logits.argmax(axis=1) != y).sum())
        losses += softmax_loss(logits, y) * len(y)
        count += len(y)
        slope = softmax_slope(logits, y)
        W, b = W - lr * x.T @ slope, b - lr * slope.sum(axis=0)
    return errors / count, losses / count, W, b


def batches(x, y, size, order=None):
    """Return x and y in batches, in the given order of samples; the last one may be short."""
    order = np.arange(len(x)) if order is None else order
    return [
        (x[order[start : start + size]], y[order[start : start + size]])
        for start in range(0, len(x), size)
    ]
