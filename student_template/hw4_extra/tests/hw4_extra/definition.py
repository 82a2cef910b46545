"""Attention and the transformer by definition: one query, one time at a time, in float64.

Slow, and easy to compare with the formulas. Weights come as lists, in the order in which they are
made.
"""

import numpy as np


def attend(q, k, v, causal):
    """Return averages (batch, heads, queries, dim) and weights (batch, heads, queries, keys)."""
    batch, heads, queries, dim = q.shape
    keys = k.shape[2]
    result, weights = np.zeros(q.shape), np.zeros((batch, heads, queries, keys))
    for b, h, i in np.ndindex(batch, heads, queries):
        # the last query stands at the time of the last key
        seen = i + keys - queries + 1 if causal else keys
        scores = k[b, h, :seen] @ q[b, h, i] / dim**0.5
        odds = np.exp(scores - scores.max())
        weights[b, h, i, :seen] = odds / odds.sum()
        result[b, h, i] = weights[b, h, i, :seen] @ v[b, h, :seen]
    return result, weights


def normalized(x, eps=1e-5):
    """Return x with mean 0 and variance 1 in its last axis."""
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + eps)


def attention_layer(q, k, v, weights, heads, causal=True):
    """Return the output of an attention layer with the weights of its four projections."""
    to_q, to_k, to_v, to_out = weights
    split = [
        (normalized(x) @ w).reshape(*x.shape[:2], heads, -1).swapaxes(1, 2)
        for x, w in ((q, to_q), (k, to_k), (v, to_v))
    ]
    result, _ = attend(*split, causal)
    return result.swapaxes(1, 2).reshape(*q.shape[:2], -1) @ to_out


def transformer_layer(x, weights, heads, causal=True):
    """Return the output of a layer with four projections, then two layers of weight and bias."""
    *projections, w1, b1, w2, b2 = weights
    x = x + attention_layer(x, x, x, projections, heads, causal)
    return x + np.maximum(normalized(x) @ w1 + b1, 0) @ w2 + b2


def transformer(x, weights, heads, causal=True):
    """Return the output for x (batch, time, features); the weights start with those of times."""
    times, *weights = weights
    x = x + times[: x.shape[1]]
    for first in range(0, len(weights), 8):
        x = transformer_layer(x, weights[first : first + 8], heads, causal)
    return x


# -- what fresh modules hold -----------------------------------------------------------


def uniform(random, fan_in, fan_out):
    """Draw a weight (fan_in, fan_out) as Kaiming initialization does."""
    bound = (6 / fan_in) ** 0.5
    return random.rand(fan_in, fan_out) * 2 * bound - bound


def draw_attention(random, q, k, v, inner, out):
    """Draw the four projections of an attention layer."""
    return [uniform(random, n, m) for n, m in ((q, inner), (k, inner), (v, inner), (inner, out))]


def draw_layer(random, features, inner, hidden):
    """Draw the weights of a transformer layer."""
    weights = draw_attention(random, features, features, features, inner, features)
    for n, m in ((features, hidden), (hidden, features)):
        weights += [uniform(random, n, m), uniform(random, m, 1).reshape(1, m)]
    return weights


def draw_transformer(random, features, inner, hidden, layers, length):
    """Draw the weights of a transformer."""
    weights = [random.randn(length, features)]
    for _ in range(layers):
        weights += draw_layer(random, features, inner, hidden)
    return weights
