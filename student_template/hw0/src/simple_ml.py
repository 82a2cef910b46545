"""Softmax regression and a two-layer network, with gradients derived by hand, on MNIST."""

import gzip

import numpy as np

try:
    from simple_ml_ext import *
except Exception:  # not built yet
    pass


def add(x, y):
    """Add two values.

    Args:
        x: a number or an array
        y: likewise

    Returns:
        x + y, of the type that this sum has in Python.
    """
    ### BEGIN YOUR CODE
    raise NotImplementedError()
    ### END YOUR CODE


def parse_mnist(image_filename, label_filename):
    """Read images and labels in the format of MNIST, which
    http://yann.lecun.com/exdb/mnist/ describes: gzip of IDX, with big-endian integers of 32 bits
    in the header (magic number 2051, count, rows and columns for images; 2049 and count for
    labels), then one byte for each pixel or label.

    Args:
        image_filename (str): name of the gzipped file of images
        label_filename (str): name of the gzipped file of labels

    Returns:
        Tuple (X, y):
            X (numpy.ndarray[np.float32]): 2D array (num_examples x input_dim), a row for each
                image with its pixels one row after the other. The smallest possible value, a
                byte of 0, becomes 0.0, and the largest, 255, becomes 1.0.
            y (numpy.ndarray[np.uint8]): 1D array (num_examples,) of labels
    """
    ### BEGIN YOUR CODE
    raise NotImplementedError()
    ### END YOUR CODE


def softmax_loss(Z, y):
    """The average softmax loss of a batch: for each example, log(sum_j exp(z_j)) - z_y.

    You may compute this formula as it stands; logits are small here, so that exp does not
    overflow.

    Args:
        Z (np.ndarray[np.float32]): 2D array (batch_size, num_classes) of logits
        y (np.ndarray[np.uint8]): 1D array (batch_size,) of labels

    Returns:
        The average loss over the batch, in the dtype of Z.
    """
    ### BEGIN YOUR CODE
    raise NotImplementedError()
    ### END YOUR CODE


def softmax_regression_epoch(X, y, theta, lr=0.1, batch=100):
    """Run one epoch of SGD for softmax regression, where X @ theta are the logits.

    Batches are taken in the order of X, without shuffling; the last one is shorter if `batch` does
    not divide the number of examples. With Z the softmax of the logits of a batch, in each row, and
    I its labels as one-hot rows, the gradient of the loss is

        X_batch^T (Z - I) / batch

    Args:
        X (np.ndarray[np.float32]): 2D array of inputs (num_examples x input_dim)
        y (np.ndarray[np.uint8]): 1D array of labels (num_examples,)
        theta (np.ndarray[np.float32]): 2D array of weights (input_dim, num_classes), changed in
            place
        lr (float): step size
        batch (int): size of a batch

    Returns:
        None.
    """
    ### BEGIN YOUR CODE
    raise NotImplementedError()
    ### END YOUR CODE


def nn_epoch(X, y, W1, W2, lr=0.1, batch=100):
    """Run one epoch of SGD for the two-layer network without biases

        logits = ReLU(X @ W1) @ W2

    with the softmax loss. Batches are taken in the order of X, without shuffling; the last one is
    shorter if `batch` does not divide the number of examples. For a batch, with Z1 the values
    behind the ReLU, S the softmax of the logits in each row, and I the labels as one-hot rows,

        G2 = S - I
        G1 = 1{Z1 > 0} * (G2 W2^T)

    and the gradients of W1 and W2 are X_batch^T G1 / batch and Z1^T G2 / batch. Compute both before
    you change either.

    Args:
        X (np.ndarray[np.float32]): 2D array of inputs (num_examples x input_dim)
        y (np.ndarray[np.uint8]): 1D array of labels (num_examples,)
        W1 (np.ndarray[np.float32]): 2D array (input_dim, hidden_dim), changed in place
        W2 (np.ndarray[np.float32]): 2D array (hidden_dim, num_classes), changed in place
        lr (float): step size
        batch (int): size of a batch

    Returns:
        None.
    """
    ### BEGIN YOUR CODE
    raise NotImplementedError()
    ### END YOUR CODE


def loss_err(h, y):
    """The loss and the error rate of logits.

    Args:
        h (np.ndarray): 2D array (num_examples, num_classes) of logits
        y (np.ndarray): 1D array (num_examples,) of labels

    Returns:
        Tuple of the average softmax loss, and the share of examples whose largest logit is not
        that of their label.
    """
    return softmax_loss(h, y), np.mean(h.argmax(axis=1) != y)


def _print_heading():
    print("| Epoch | Train Loss | Train Err | Test Loss | Test Err |")


def _print_row(epoch, train, test):
    print("|  {:>4} |    {:.5f} |   {:.5f} |   {:.5f} |  {:.5f} |".format(epoch, *train, *test))


def train_softmax(X_tr, y_tr, X_te, y_te, epochs=10, lr=0.5, batch=100, cpp=False):
    """Train softmax regression, from zeros, and print losses and error rates after each epoch.

    Args:
        X_tr, y_tr (np.ndarray): examples for training
        X_te, y_te (np.ndarray): examples to test
        epochs (int): how often to go through the examples
        lr (float): step size
        batch (int): size of a batch
        cpp (bool): whether to use the function in C++
    """
    theta = np.zeros((X_tr.shape[1], y_tr.max() + 1), dtype=np.float32)
    _print_heading()
    for epoch in range(epochs):
        if cpp:
            softmax_regression_epoch_cpp(X_tr, y_tr, theta, lr=lr, batch=batch)
        else:
            softmax_regression_epoch(X_tr, y_tr, theta, lr=lr, batch=batch)
        _print_row(epoch, loss_err(X_tr @ theta, y_tr), loss_err(X_te @ theta, y_te))


def train_nn(X_tr, y_tr, X_te, y_te, hidden_dim=500, epochs=10, lr=0.5, batch=100):
    """Train the two-layer network, and print losses and error rates after each epoch.

    Args:
        X_tr, y_tr (np.ndarray): examples for training
        X_te, y_te (np.ndarray): examples to test
        hidden_dim (int): number of hidden units
        epochs (int): how often to go through the examples
        lr (float): step size
        batch (int): size of a batch
    """
    n, k = X_tr.shape[1], y_tr.max() + 1
    np.random.seed(0)
    W1 = np.random.randn(n, hidden_dim).astype(np.float32) / np.sqrt(hidden_dim)
    W2 = np.random.randn(hidden_dim, k).astype(np.float32) / np.sqrt(k)

    _print_heading()
    for epoch in range(epochs):
        nn_epoch(X_tr, y_tr, W1, W2, lr=lr, batch=batch)
        train = loss_err(np.maximum(X_tr @ W1, 0) @ W2, y_tr)
        test = loss_err(np.maximum(X_te @ W1, 0) @ W2, y_te)
        _print_row(epoch, train, test)


if __name__ == "__main__":
    X_tr, y_tr = parse_mnist("data/train-images-idx3-ubyte.gz", "data/train-labels-idx1-ubyte.gz")
    X_te, y_te = parse_mnist("data/t10k-images-idx3-ubyte.gz", "data/t10k-labels-idx1-ubyte.gz")

    print("Training softmax regression")
    train_softmax(X_tr, y_tr, X_te, y_te, epochs=10, lr=0.1)

    print("\nTraining two-layer neural network with 100 hidden units")
    train_nn(X_tr, y_tr, X_te, y_te, hidden_dim=100, epochs=20, lr=0.2)
