"""Train a two-layer network on images of digits, with the gradients that Needle computes."""

import gzip

import needle as ndl
import numpy as np


def parse_mnist(image_filesname, label_filename):
    """Read images and labels in the format of MNIST, which
    http://yann.lecun.com/exdb/mnist/ describes: gzip of IDX, with big-endian integers of 32 bits
    in the header (magic number 2051, count, rows and columns for images; 2049 and count for
    labels), then one byte for each pixel or label.

    Args:
        image_filesname (str): name of the gzipped file of images
        label_filename (str): name of the gzipped file of labels

    Returns:
        Tuple (X, y):
            X (numpy.ndarray[np.float32]): 2D array (num_examples x input_dim), a row for each
                image with its pixels one row after the other. The smallest possible value, a
                byte of 0, becomes 0.0, and the largest, 255, becomes 1.0.
            y (numpy.ndarray[np.uint8]): 1D array (num_examples,) of labels
    """
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION


def softmax_loss(Z, y_one_hot):
    """The average softmax loss of a batch: for each example, log(sum_j exp(z_j)) - z_y.

    You may compute this formula as it stands; logits are small here, so that exp does not
    overflow. Use Needle operators only, on both arguments.

    Args:
        Z (ndl.Tensor[np.float32]): 2D tensor (batch_size, num_classes) of logits
        y_one_hot (ndl.Tensor[np.int8]): 2D tensor (batch_size, num_classes) with a 1 at the label
            of each example and zeros elsewhere

    Returns:
        The average loss over the batch (ndl.Tensor[np.float32], without axes).
    """
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION


def nn_epoch(X, y, W1, W2, lr=0.1, batch=100):
    """Run one epoch of SGD for the two-layer network without biases

        logits = ReLU(X @ W1) @ W2

    with the softmax loss. Batches are taken in the order of X, without shuffling; the last one is
    shorter if `batch` does not divide the number of examples.

    Args:
        X (np.ndarray[np.float32]): 2D array of inputs (num_examples x input_dim)
        y (np.ndarray[np.uint8]): 1D array of labels (num_examples,)
        W1 (ndl.Tensor[np.float32]): weights of the first layer (input_dim, hidden_dim)
        W2 (ndl.Tensor[np.float32]): weights of the second layer (hidden_dim, num_classes)
        lr (float): step size
        batch (int): size of a batch

    Returns:
        Tuple (W1, W2) of the new weights, as new tensors:
            W1: ndl.Tensor[np.float32]
            W2: ndl.Tensor[np.float32]
    """
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION


def loss_err(h, y):
    """The loss and the error rate of logits.

    Args:
        h (ndl.Tensor): 2D tensor (num_examples, num_classes) of logits
        y (np.ndarray): 1D array (num_examples,) of labels

    Returns:
        Tuple of the average softmax loss, and the share of examples whose largest logit is not
        that of their label.
    """
    y_one_hot = np.zeros((y.shape[0], h.shape[-1]))
    y_one_hot[np.arange(y.size), y] = 1
    y_ = ndl.Tensor(y_one_hot)
    return softmax_loss(h, y_).numpy(), np.mean(h.numpy().argmax(axis=1) != y)
