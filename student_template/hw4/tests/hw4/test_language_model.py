"""Embedding and LanguageModel."""

import language
import places


def test_embedding(rng):
    """Each word has a vector, a row of the matrix."""
    language.check_embedding(rng, (7, 3), (4, 2))


def test_rnn_model(rng):
    """Embedding, RNN and linear layer predict words."""
    language.check_model(rng, "RNN", (3, 7, 4), (5, 2))


def test_lstm_model(rng):
    """Embedding, LSTM and linear layer predict words."""
    language.check_model(rng, "LSTM", (3, 7, 4), (5, 2))


def test_layers(rng):
    """The sequence model may have several layers."""
    language.check_model(rng, "RNN", (3, 7, 4), (4, 2), layers=2)


def test_given_state(rng):
    """The sequence model starts from a given state."""
    language.check_model(rng, "RNN", (3, 7, 4), (4, 2), given=True)


def test_other_devices(rng):
    """Embedding, sequence model and linear layer are on the device that is asked for."""
    for device in places.others():
        language.check_model(rng, "RNN", (3, 5, 2), (2, 2), device=device)
        language.check_model(rng, "LSTM", (3, 5, 2), (2, 2), device=device)
