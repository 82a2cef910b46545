"""Modules that read sequences: recurrent networks, and embeddings of words.

A sequence is a tensor (seq_len, batch, features): the first axis is time.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

from .. import init, ops
from ..autograd import Tensor
from .nn_basic import Module, Parameter


class Sigmoid(Module):
    """The logistic function of each element: 1 / (1 + exp(-x))."""

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class RNNCell(Module):
    """One step of a simple recurrent network (Elman, 1990):

        h' = act(x W_ih + bias_ih + h W_hh + bias_hh)

    Args:
        input_size: features of the input
        hidden_size: features of the state
        bias: whether there are biases
        nonlinearity: act, 'tanh' or 'relu'
        device: where the parameters are
        dtype: their type

    Attributes:
        W_ih: (input_size, hidden_size)
        W_hh: (hidden_size, hidden_size)
        bias_ih: (hidden_size,), None without biases
        bias_hh: (hidden_size,), None without biases

    All are drawn in this order, uniform between +- 1 / sqrt(hidden_size).
    """

    W_ih: Tensor
    W_hh: Tensor
    bias_ih: Tensor | None
    bias_hh: Tensor | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = "float32",
    ) -> None:
        super().__init__()
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def forward(self, X: Tensor, h: Tensor | None = None) -> Tensor:
        """Take one step.

        Args:
            X: (batch, input_size)
            h: the state (batch, hidden_size), zeros by default

        Returns:
            The next state (batch, hidden_size).
        """
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class RNN(Module):
    """Layers of simple recurrent cells; each layer reads the states of the one below.

    Args:
        input_size: features of the input
        hidden_size: features of the states
        num_layers: number of layers
        bias: whether there are biases
        nonlinearity: 'tanh' or 'relu'
        device: where the parameters are
        dtype: their type

    Attributes:
        rnn_cells: list of an `RNNCell` for each layer, made from the first to the last
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = "float32",
    ) -> None:
        super().__init__()
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def forward(self, X: Tensor, h0: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read sequences.

        Args:
            X: (seq_len, batch, input_size)
            h0: the states at first (num_layers, batch, hidden_size), zeros by default

        Returns:
            Tuple of:
                the states of the last layer at all times (seq_len, batch, hidden_size)
                the states of all layers at the end (num_layers, batch, hidden_size)
        """
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class LSTMCell(Module):
    """One step of a network with long short-term memory (Hochreiter and Schmidhuber, 1997; with
    forget gates as in Gers, Schmidhuber and Cummins, 2000):

        i, f, g, o = the four quarters of x W_ih + bias_ih + h W_hh + bias_hh
        c' = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h' = sigmoid(o) * tanh(c')

    Args:
        input_size: features of the input
        hidden_size: features of the states
        bias: whether there are biases
        device: where the parameters are
        dtype: their type

    Attributes:
        W_ih: (input_size, 4 * hidden_size)
        W_hh: (hidden_size, 4 * hidden_size)
        bias_ih: (4 * hidden_size,), None without biases
        bias_hh: (4 * hidden_size,), None without biases

    All are drawn in this order, uniform between +- 1 / sqrt(hidden_size).
    """

    W_ih: Tensor
    W_hh: Tensor
    bias_ih: Tensor | None
    bias_hh: Tensor | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = "float32",
    ) -> None:
        super().__init__()
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def forward(self, X: Tensor, h: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """Take one step.

        Args:
            X: (batch, input_size)
            h: the states h and c, both (batch, hidden_size), zeros by default

        Returns:
            Tuple of the next h and c, both (batch, hidden_size).
        """
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class LSTM(Module):
    """Layers of cells with long short-term memory; each layer reads the h of the one below.

    Args:
        input_size: features of the input
        hidden_size: features of the states
        num_layers: number of layers
        bias: whether there are biases
        device: where the parameters are
        dtype: their type

    Attributes:
        lstm_cells: list of an `LSTMCell` for each layer, made from the first to the last
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        device: Any = None,
        dtype: Any = "float32",
    ) -> None:
        super().__init__()
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def forward(
        self, X: Tensor, h: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Read sequences.

        Args:
            X: (seq_len, batch, input_size)
            h: tuple of h and c at first, both (num_layers, batch, hidden_size), zeros by default

        Returns:
            Tuple of:
                h of the last layer at all times (seq_len, batch, hidden_size)
                tuple of h and c of all layers at the end, both (num_layers, batch, hidden_size)
        """
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class Embedding(Module):
    """A vector for each word of a dictionary.

    Args:
        num_embeddings: number of words
        embedding_dim: size of the vectors
        device: where the vectors are
        dtype: their type

    Attributes:
        weight: (num_embeddings, embedding_dim), drawn from the standard normal distribution
    """

    weight: Tensor

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        device: Any = None,
        dtype: Any = "float32",
    ) -> None:
        super().__init__()
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """Look words up: one-hot rows for the words, times the matrix of vectors.

        Args:
            x: (seq_len, batch), the words as numbers from 0, in any dtype

        Returns:
            (seq_len, batch, embedding_dim).
        """
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION
