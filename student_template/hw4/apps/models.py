"""The models of homework 4: a residual network for images, and models of language."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "python"))

import needle as ndl
import needle.nn as nn
import numpy as np

np.random.seed(0)


class ResNet9(ndl.nn.Module):
    """A residual network of nine layers with weights, for images of 32 x 32 pixels.

    With ConvBN(a, b, k, s) for convolution from a to b channels with kernels of size k and stride
    s, batch normalization and ReLU, one after the other, it applies

        ConvBN(3, 16, 7, 4)
        ConvBN(16, 32, 3, 2)
        ConvBN(32, 32, 3, 1), ConvBN(32, 32, 3, 1), with a way around the two
        ConvBN(32, 64, 3, 2)
        ConvBN(64, 128, 3, 2)
        ConvBN(128, 128, 3, 1), ConvBN(128, 128, 3, 1), with a way around the two
        Flatten
        Linear(128, 128), ReLU
        Linear(128, 10)

    The modules are made in this order. Pass `device` and `dtype` to each.
    """

    def __init__(self, device=None, dtype="float32"):
        super().__init__()
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def forward(self, x):
        """Compute logits.

        Args:
            x (ndl.Tensor): images (batch, 3, 32, 32)

        Returns:
            Logits (batch, 10).
        """
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class LanguageModel(nn.Module):
    """Predicts each next word of a text: embedding, sequence model, linear layer.

    They are made in this order.

    Args:
        embedding_size (int): features of the embedding
        output_size (int): number of words in the dictionary
        hidden_size (int): features of the sequence model's states
        num_layers (int): layers of the sequence model
        seq_model (str): kind of sequence model, 'rnn' or 'lstm'
        seq_len (int): the longest text; recurrent models do not need to know
        device: where the parameters are
        dtype (str): their type
    """

    def __init__(
        self,
        embedding_size,
        output_size,
        hidden_size,
        num_layers=1,
        seq_model="rnn",
        seq_len=40,
        device=None,
        dtype="float32",
    ):
        super().__init__()
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def forward(self, x, h=None):
        """Predict the word after each word.

        Args:
            x (ndl.Tensor): words as numbers (seq_len, batch)
            h: the state of the sequence model at first, zeros by default

        Returns:
            Tuple of:
                logits (seq_len * batch, output_size)
                the state of the sequence model at the end
        """
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION
