"""RNNCell and RNN."""

import places
import recurrent


def test_cell(rng):
    """One step of a cell, from a given state."""
    recurrent.check(rng, "RNNCell", (3, 4), (1, 2), gradients=False)


def test_cell_without_state_or_bias(rng):
    """The state at first is zero by default, and biases can be left out."""
    recurrent.check(rng, "RNNCell", (3, 4), (1, 2), given=False, gradients=False)
    recurrent.check(rng, "RNNCell", (3, 4), (1, 2), bias=False, gradients=False)


def test_cell_with_relu(rng):
    """The activation may be relu."""
    recurrent.check(rng, "RNNCell", (3, 4), (1, 2), act="relu", gradients=False)


def test_sequence(rng):
    """A layer reads a sequence step by step."""
    recurrent.check(rng, "RNN", (3, 4), (5, 2), gradients=False)


def test_layers(rng):
    """Each layer reads the states of the layer below."""
    recurrent.check(rng, "RNN", (3, 4), (3, 2), layers=2, gradients=False)


def test_gradients(rng):
    """The gradients of inputs, states and all parameters."""
    recurrent.check(rng, "RNN", (2, 3), (3, 2), layers=2)


def test_other_devices(rng):
    """Parameters, outputs and states are on the device that is asked for."""
    for device in places.others():
        recurrent.check(rng, "RNN", (3, 2), (2, 2), layers=2, given=False, device=device)
