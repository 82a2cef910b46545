"""Sigmoid, LSTMCell and LSTM with other sizes, layers and states."""

import numpy as np
import places
from recurrent import check, check_replaced, check_sigmoid


def test_sigmoid(rng):
    """The logistic function and its gradient, for tensors with any number of axes."""
    for shape in ((4,), (2, 3), (2, 3, 4)):
        check_sigmoid(rng.normal(0, 3, shape))


def test_sigmoid_at_zero(rng):
    """The logistic function of zero is one half; far away it is flat."""
    check_sigmoid(np.array([0.0, 9.0, -9.0, 0.001]))


def test_cell(rng):
    """One step of cells of several sizes, for one sequence and more."""
    for sizes, batch in (((3, 4), 2), ((1, 1), 3), ((5, 2), 1)):
        check(rng, "LSTMCell", sizes, (1, batch), gradients=False)


def test_cell_without_state(rng):
    """Without states, both are zero; h may also be None."""
    for _ in range(3):
        check(rng, "LSTMCell", (3, 4), (1, 2), given=False, gradients=False)


def test_gradients_of_cells(rng):
    """The gradients of inputs, states and all parameters of a cell, with and without bias."""
    check(rng, "LSTMCell", (3, 2), (1, 3))
    check(rng, "LSTMCell", (2, 2), (1, 2), bias=False)
    check(rng, "LSTMCell", (2, 3), (1, 2), given=False)


def test_sequences(rng):
    """A layer reads sequences of several lengths."""
    for steps in ((1, 2), (2, 1), (6, 3)):
        check(rng, "LSTM", (3, 4), steps, gradients=False)


def test_layers(rng):
    """Two and three layers, whose states at first differ."""
    check(rng, "LSTM", (3, 4), (4, 2), layers=2, gradients=False)
    check(rng, "LSTM", (2, 3), (3, 1), layers=3, gradients=False)
    check(rng, "LSTM", (4, 4), (2, 2), layers=2, gradients=False)


def test_without_state(rng):
    """Without states at first, those of all layers are zero."""
    for layers in (1, 2, 2):
        check(rng, "LSTM", (3, 2), (3, 2), layers=layers, given=False, gradients=False)


def test_without_bias(rng):
    """Layers without biases."""
    check(rng, "LSTM", (2, 2), (3, 2), bias=False)
    check(rng, "LSTM", (2, 3), (3, 2), layers=2, bias=False, gradients=False)


def test_gradients(rng):
    """The gradients of inputs, states and parameters through several steps and layers."""
    check(rng, "LSTM", (2, 3), (4, 2))
    check(rng, "LSTM", (2, 2), (3, 2), layers=2)


def test_gradients_of_one_step(rng):
    """Every parameter has a gradient, also for a sequence of one step without states."""
    check(rng, "LSTM", (2, 3), (1, 2), given=False)
    check(rng, "LSTM", (2, 2), (1, 1), layers=2, given=False)


def test_weights_from_outside(rng):
    """Weights that replace those of a cell are used."""
    check_replaced(rng, "LSTM")


def test_other_devices(rng):
    """Parameters, outputs and states are on the device that is asked for."""
    for device in places.others():
        check_sigmoid(rng.normal(size=(2, 3)), device)
        check(rng, "LSTMCell", (2, 2), (1, 2), given=False, device=device)
        check(rng, "LSTM", (2, 3), (3, 2), layers=2, given=False, gradients=False, device=device)
