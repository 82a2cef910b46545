"""RNNCell and RNN with other sizes, layers, states and activations."""

import places
from recurrent import check, check_replaced


def test_cell(rng):
    """One step of cells of several sizes, for one sequence and more."""
    for sizes, batch in (((3, 4), 2), ((1, 1), 3), ((5, 2), 1)):
        check(rng, "RNNCell", sizes, (1, batch), gradients=False)


def test_cell_without_state(rng):
    """Without a state, it is zero; h may also be None."""
    for _ in range(3):
        check(rng, "RNNCell", (3, 4), (1, 2), given=False, gradients=False)


def test_cell_with_relu(rng):
    """Cells with relu, with and without a bias."""
    check(rng, "RNNCell", (3, 4), (1, 3), act="relu")
    check(rng, "RNNCell", (2, 3), (1, 2), act="relu", bias=False)


def test_gradients_of_cells(rng):
    """The gradients of inputs, state and all parameters of a cell, with and without bias."""
    check(rng, "RNNCell", (3, 2), (1, 3))
    check(rng, "RNNCell", (3, 2), (1, 3), bias=False)
    check(rng, "RNNCell", (2, 3), (1, 2), given=False)


def test_sequences(rng):
    """A layer reads sequences of several lengths."""
    for steps in ((1, 2), (2, 1), (6, 3)):
        check(rng, "RNN", (3, 4), steps, gradients=False)


def test_layers(rng):
    """Two and three layers, whose states at first differ."""
    check(rng, "RNN", (3, 4), (4, 2), layers=2, gradients=False)
    check(rng, "RNN", (2, 3), (3, 1), layers=3, gradients=False)
    check(rng, "RNN", (4, 4), (2, 2), layers=2, gradients=False)


def test_without_state(rng):
    """Without states at first, those of all layers are zero."""
    for layers in (1, 2, 2):
        check(rng, "RNN", (3, 2), (3, 2), layers=layers, given=False, gradients=False)


def test_without_bias(rng):
    """Layers without biases."""
    check(rng, "RNN", (3, 4), (3, 2), bias=False)
    check(rng, "RNN", (2, 3), (3, 2), layers=2, bias=False, gradients=False)


def test_relu(rng):
    """Layers with relu instead of tanh."""
    check(rng, "RNN", (3, 4), (3, 2), act="relu", gradients=False)
    check(rng, "RNN", (2, 3), (2, 2), layers=2, act="relu")


def test_gradients(rng):
    """The gradients of inputs, states and parameters through several steps and layers."""
    check(rng, "RNN", (2, 3), (4, 2))
    check(rng, "RNN", (3, 2), (3, 2), layers=2)


def test_gradients_of_one_step(rng):
    """Every parameter has a gradient, also for a sequence of one step without states."""
    check(rng, "RNN", (2, 3), (1, 2), given=False)
    check(rng, "RNN", (2, 3), (1, 1), layers=2, given=False)


def test_weights_from_outside(rng):
    """Weights that replace those of a cell are used."""
    check_replaced(rng, "RNN")


def test_other_devices(rng):
    """Parameters, outputs and states are on the device that is asked for."""
    for device in places.others():
        check(rng, "RNNCell", (2, 3), (1, 2), given=False, device=device)
        check(rng, "RNN", (2, 3), (3, 2), layers=2, given=False, gradients=False, device=device)
