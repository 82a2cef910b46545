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
    with gzip.open(image_filesname) as file:
        magic, count, rows, columns = np.frombuffer(file.read(16), dtype=">u4").tolist()
        if magic != 2051:
            raise ValueError(f"{image_filesname}: magic number {magic}, but images have 2051")
        pixels = np.frombuffer(file.read(), dtype=np.uint8).reshape(count, rows * columns)
    with gzip.open(label_filename) as file:
        magic, count = np.frombuffer(file.read(8), dtype=">u4").tolist()
        if magic != 2049:
            raise ValueError(f"{label_filename}: magic number {magic}, but labels have 2049")
        labels = np.frombuffer(file.read(), dtype=np.uint8).reshape(count)
    return pixels.astype(np.float32) / 255, labels.copy()
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
    log_sum_exp = ndl.log(ndl.exp(Z).sum(axes=(1,)))
    return (log_sum_exp.sum() - (Z * y_one_hot).sum()) / Z.shape[0]
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
    W1, W2 = ndl.Tensor(W1.numpy()), ndl.Tensor(W2.numpy())  # copies: the caller keeps his own
    one_hot = np.eye(W2.shape[1], dtype=X.dtype)
    for start in range(0, len(X), batch):
        rows = slice(start, start + batch)
        X_batch = ndl.Tensor.make_const(X[rows])
        y_batch = ndl.Tensor.make_const(one_hot[y[rows]])
        softmax_loss(ndl.relu(X_batch @ W1) @ W2, y_batch).backward()
        for W in (W1, W2):  # on arrays: operators on tensors would let the graph grow and grow
            weights = W.realize_cached_data()
            weights -= lr * W.grad.realize_cached_data()
    return W1, W2
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
