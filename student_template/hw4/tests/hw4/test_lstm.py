"""Sigmoid, LSTMCell and LSTM."""

import places
import recurrent


def test_sigmoid(rng):
    """The logistic function of each element, and its gradient."""
    recurrent.check_sigmoid(rng.normal(size=(3, 4)))


def test_cell(rng):
    """One step of a cell, from given states."""
    recurrent.check(rng, "LSTMCell", (3, 4), (1, 2), gradients=False)


def test_cell_without_state_or_bias(rng):
    """The states at first are zero by default, and biases can be left out."""
    recurrent.check(rng, "LSTMCell", (3, 4), (1, 2), given=False, gradients=False)
    recurrent.check(rng, "LSTMCell", (3, 4), (1, 2), bias=False, gradients=False)


def test_sequence(rng):
    """A layer reads a sequence step by step."""
    recurrent.check(rng, "LSTM", (3, 4), (5, 2), gradients=False)


def test_layers(rng):
    """Each layer reads the h of the layer below."""
    recurrent.check(rng, "LSTM", (3, 4), (3, 2), layers=2, gradients=False)


def test_gradients(rng):
    """The gradients of inputs, states and all parameters."""
    recurrent.check(rng, "LSTM", (2, 2), (3, 2), layers=2)


def test_other_devices(rng):
    """Parameters, outputs and states are on the device that is asked for."""
    for device in places.others():
        recurrent.check(rng, "LSTM", (3, 2), (2, 2), layers=2, given=False, device=device)
