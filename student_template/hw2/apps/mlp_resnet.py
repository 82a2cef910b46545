"""A residual network of linear layers that learns the digits of MNIST."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "python"))

import needle as ndl
import needle.nn as nn
import numpy as np

np.random.seed(0)


def ResidualBlock(dim, hidden_dim, norm=nn.BatchNorm1d, drop_prob=0.1):
    """Two linear layers with a way around them, then ReLU:

        x -> Linear -> norm -> ReLU -> Dropout -> Linear -> norm -> (+) -> ReLU
         \\_________________________________________________________/

    Args:
        dim (int): size of input and output
        hidden_dim (int): size between the two layers
        norm (type): kind of normalization
        drop_prob (float): probability of dropout

    Returns:
        The module (nn.Module).
    """
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION


def MLPResNet(
    dim, hidden_dim=100, num_blocks=3, num_classes=10, norm=nn.BatchNorm1d, drop_prob=0.1
):
    """A linear layer with ReLU, residual blocks, and a linear layer for the logits:

        x -> Linear -> ReLU -> ResidualBlock -> ... -> ResidualBlock -> Linear

    The blocks are half as wide inside (`hidden_dim // 2`). Make the layers in the order in which
    they are applied, since each draws its weights when it is made.

    Args:
        dim (int): size of the input
        hidden_dim (int): size between the blocks
        num_blocks (int): number of blocks
        num_classes (int): size of the output
        norm (type): kind of normalization
        drop_prob (float): probability of dropout

    Returns:
        The module (nn.Module).
    """
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION


def epoch(dataloader, model, opt=None):
    """Go through the data once: train the model if there is an optimizer, else evaluate it.

    Args:
        dataloader (ndl.data.DataLoader): batches of inputs and labels
        model (nn.Module): the model; it is set to training or evaluation
        opt (ndl.optim.Optimizer): the optimizer, which takes a step after each batch

    Returns:
        Tuple of two floats, both computed from the outputs before the step of their batch:
            the share of samples whose largest logit is not that of their label
            the average softmax loss of a sample
    """
    np.random.seed(4)
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION


def train_mnist(
    batch_size=100,
    epochs=10,
    optimizer=ndl.optim.Adam,
    lr=0.001,
    weight_decay=0.001,
    hidden_dim=100,
    data_dir="data",
):
    """Train an `MLPResNet` on MNIST and test it.

    The images come as they are, without transforms. Those for training are shuffled.

    Args:
        batch_size (int): samples in a batch, in training and in test
        epochs (int): how often to go through the data
        optimizer (type): kind of optimizer
        lr (float): its step size
        weight_decay (float): its regularization
        hidden_dim (int): size of the hidden layers
        data_dir (str): folder of the four files of MNIST

    Returns:
        Tuple of four floats: error rate and loss in training, in the last epoch, and error rate and
        loss in the test after it.
    """
    np.random.seed(4)
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION


if __name__ == "__main__":
    train_mnist(data_dir="../data")
