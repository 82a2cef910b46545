"""Embedding and LanguageModel with other sizes, layers and states."""

import places
from language import check_embedding, check_model


def test_embedding(rng):
    """Vectors of words and the gradient of the matrix, which the rows of each word add up to."""
    check_embedding(rng, (7, 3), (4, 2))
    check_embedding(rng, (3, 5), (6, 3))


def test_embedding_at_its_limits(rng):
    """One word only, one step only, one sequence only."""
    check_embedding(rng, (1, 2), (3, 2))
    check_embedding(rng, (9, 1), (1, 4))
    check_embedding(rng, (5, 4), (3, 1))


def test_rnn_model(rng):
    """Models with an RNN, for sizes that all differ."""
    check_model(rng, "RNN", (3, 7, 4), (5, 2))
    check_model(rng, "RNN", (6, 4, 2), (2, 3))


def test_lstm_model(rng):
    """Models with an LSTM, for sizes that all differ."""
    check_model(rng, "LSTM", (3, 7, 4), (5, 2))
    check_model(rng, "LSTM", (6, 4, 2), (2, 3))


def test_layers(rng):
    """Sequence models of several layers."""
    check_model(rng, "RNN", (3, 6, 4), (3, 2), layers=3)
    check_model(rng, "LSTM", (3, 6, 2), (3, 2), layers=2)


def test_given_states(rng):
    """Models that start from a given state, and return the state at the end."""
    check_model(rng, "RNN", (3, 5, 4), (3, 2), layers=2, given=True)
    check_model(rng, "LSTM", (3, 5, 4), (3, 2), layers=2, given=True)


def test_one_step(rng):
    """One word of one text: every parameter has a gradient."""
    check_model(rng, "RNN", (2, 5, 3), (1, 1))
    check_model(rng, "LSTM", (2, 5, 3), (1, 1))


def test_order_of_logits(rng):
    """The rows of the logits go through the texts of a batch first, then through time."""
    check_model(rng, "RNN", (2, 4, 3), (2, 5))
    check_model(rng, "LSTM", (2, 4, 3), (5, 3))


def test_other_devices(rng):
    """Embedding, sequence model and linear layer are on the device that is asked for."""
    for device in places.others():
        check_embedding(rng, (4, 3), (2, 2), device)
        check_model(rng, "RNN", (2, 5, 3), (2, 2), device=device)
        check_model(rng, "LSTM", (2, 5, 3), (2, 1), device=device)
