"""What random numbers modules draw when they are made, in which order."""

import numpy as np


def uniform(random, bound, shape):
    """Draw uniformly between -bound and bound."""
    return (2 * random.rand(*shape) - 1) * bound


def kaiming(random, fan_in, shape):
    """Draw as kaiming_uniform does."""
    return uniform(random, np.sqrt(6 / fan_in), shape)


def linear(random, inputs, outputs):
    """Draw weight and bias of a linear layer."""
    weight = kaiming(random, inputs, (inputs, outputs))
    return weight, kaiming(random, outputs, (outputs, 1)).reshape(1, outputs)


def conv(random, inputs, outputs, kernel, bias=True):
    """Draw weight and bias of a convolution."""
    fan_in = inputs * kernel**2
    weight = kaiming(random, fan_in, (kernel, kernel, inputs, outputs))
    return weight, uniform(random, fan_in**-0.5, (outputs,)) if bias else np.zeros(outputs)


def cells(random, kind, inputs, hidden, layers=1, bias=True):
    """Draw W_ih, W_hh, bias_ih and bias_hh of each layer of an RNN or LSTM."""
    columns = hidden * (4 if kind.startswith("LSTM") else 1)
    found = []
    for layer in range(layers):
        shapes = [(hidden if layer else inputs, columns), (hidden, columns)]
        shapes += [(columns,), (columns,)] if bias else []
        found.append([uniform(random, hidden**-0.5, shape) for shape in shapes])
    return found
