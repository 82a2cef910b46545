"""Train a two-layer network on images of digits, with the gradients that Needle computes."""

import gzip

import needle as ndl
import numpy as np

### BEGIN PART hw4
# Below the functions for this network stand those that train the models of models.py.
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import needle.nn as nn
from apps.models import *

device = ndl.cpu()
### END PART


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
    W1, W2 = ndl.Tensor(W1), ndl.Tensor(W2)
    one_hot = np.eye(W2.shape[1], dtype=X.dtype)
    # Adjoints are linear in the one they start from: from the step size come steps, not gradients.
    step = ndl.Tensor(lr, device=W1.device, dtype=W1.dtype)
    # The arrays of a batch serve as they are where Needle computes with NumPy's.
    as_they_are = ndl.BACKEND == "np" and W1.device == ndl.cpu()

    def constant(array):
        if as_they_are:
            return ndl.Tensor.make_const(array)
        return ndl.Tensor(array, device=W1.device, requires_grad=False)

    for start in range(0, len(X), batch):
        rows = slice(start, start + batch)
        X_batch, y_batch = constant(X[rows]), constant(one_hot[y[rows]])
        loss = softmax_loss(ndl.relu(X_batch @ W1) @ W2, y_batch)
        loss.backward(step)
        for W in (W1, W2):  # on arrays: operators on tensors would let the graph grow and grow
            new = W.realize_cached_data() - W.grad.realize_cached_data()
            W.cached_data = new if new.dtype == W.dtype else new.astype(W.dtype)
        # Values and their adjoints refer to each other. Apart, they leave their memory to the next
        # batch at once, and not when Python's collector finds them.
        for node in ndl.autograd.find_topo_sort([loss]):
            del node.grad
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


### BEGIN PART hw4
def epoch_general_cifar10(dataloader, model, loss_fn=nn.SoftmaxLoss(), opt=None):
    """Go through CIFAR-10 once: train the model if there is an optimizer, else evaluate it.

    A loader's batches are on the default device; images and labels go to that of the model.

    Args:
        dataloader (ndl.data.DataLoader): batches of images and labels
        model (nn.Module): the model; it is set to training or evaluation
        loss_fn (nn.Module): the loss of logits and labels
        opt (ndl.optim.Optimizer): the optimizer, which takes a step after each batch

    Returns:
        Tuple of two floats, both computed from the outputs before the step of their batch:
            the share of images whose largest logit is that of their label
            the average loss of an image
    """
    np.random.seed(4)
    ### BEGIN YOUR SOLUTION
    if opt:
        model.train()
    else:
        model.eval()
    device = model.parameters()[0].device
    samples, correct, total_loss = 0, 0, 0.0
    for batch in dataloader:
        X, y = (ndl.Tensor(field, device=device, requires_grad=False) for field in batch)
        logits = model(X)
        loss = loss_fn(logits, y)
        samples += X.shape[0]
        correct += int((logits.numpy().argmax(axis=1) == y.numpy()).sum())
        total_loss += loss.numpy().item() * X.shape[0]
        if opt:
            opt.reset_grad()
            loss.backward()
            opt.step()
    return correct / samples, total_loss / samples
    ### END YOUR SOLUTION


def train_cifar10(
    model,
    dataloader,
    n_epochs=1,
    optimizer=ndl.optim.Adam,
    lr=0.001,
    weight_decay=0.001,
    loss_fn=nn.SoftmaxLoss,
):
    """Train a model on CIFAR-10.

    Args:
        model (nn.Module): the model
        dataloader (ndl.data.DataLoader): batches of images and labels
        n_epochs (int): how often to go through the data
        optimizer (type): kind of optimizer
        lr (float): its step size
        weight_decay (float): its regularization
        loss_fn (type): kind of loss

    Returns:
        Tuple of two floats, both of the last epoch: accuracy and average loss.
    """
    np.random.seed(4)
    ### BEGIN YOUR SOLUTION
    opt = optimizer(model.parameters(), lr=lr, weight_decay=weight_decay)
    for _ in range(n_epochs):
        result = epoch_general_cifar10(dataloader, model, loss_fn(), opt)
    return result
    ### END YOUR SOLUTION


def evaluate_cifar10(model, dataloader, loss_fn=nn.SoftmaxLoss):
    """Evaluate a model on CIFAR-10.

    Args:
        model (nn.Module): the model
        dataloader (ndl.data.DataLoader): batches of images and labels
        loss_fn (type): kind of loss

    Returns:
        Tuple of two floats: accuracy and average loss.
    """
    np.random.seed(4)
    ### BEGIN YOUR SOLUTION
    return epoch_general_cifar10(dataloader, model, loss_fn())
    ### END YOUR SOLUTION


def epoch_general_ptb(
    data,
    model,
    seq_len=40,
    loss_fn=nn.SoftmaxLoss(),
    opt=None,
    clip=None,
    device=None,
    dtype="float32",
):
    """Go through a text once: train the model if there is an optimizer, else evaluate it.

    The text is taken in chunks of `seq_len` rows, in order; the last chunk may be shorter. The
    state after a chunk is the state before the next, without its history.

    Args:
        data (np.ndarray): the result of `ndl.data.batchify` (rows, batch)
        model (nn.Module): a model of language; it is set to training or evaluation
        seq_len (int): rows in a chunk
        loss_fn (nn.Module): the loss of logits and targets
        opt (ndl.optim.Optimizer): the optimizer, which takes a step after each chunk
        clip (float): bound for the norm of the gradients (`opt.clip_grad_norm`), if there is one
        device: where the model is
        dtype (str): the type of its parameters

    Returns:
        Tuple of two floats, both computed from the outputs before the step of their chunk:
            the share of words that have the largest logit
            the average loss of a word
    """
    np.random.seed(4)
    ### BEGIN YOUR SOLUTION
    if opt:
        model.train()
    else:
        model.eval()
    words, correct, total_loss, h = 0, 0, 0.0, None
    for i in range(0, len(data) - 1, seq_len):
        X, y = ndl.data.get_batch(data, i, seq_len, device=device, dtype=dtype)
        logits, h = model(X, h)
        h = tuple(state.detach() for state in h) if isinstance(h, tuple) else h.detach()
        loss = loss_fn(logits, y)
        words += y.shape[0]
        correct += int((logits.numpy().argmax(axis=1) == y.numpy()).sum())
        total_loss += loss.numpy().item() * y.shape[0]
        if opt:
            opt.reset_grad()
            loss.backward()
            if clip is not None:
                opt.clip_grad_norm(clip)
            opt.step()
    return correct / words, total_loss / words
    ### END YOUR SOLUTION


def train_ptb(
    model,
    data,
    seq_len=40,
    n_epochs=1,
    optimizer=ndl.optim.SGD,
    lr=4.0,
    weight_decay=0.0,
    loss_fn=nn.SoftmaxLoss,
    clip=None,
    device=None,
    dtype="float32",
):
    """Train a model of language.

    Args:
        model (nn.Module): the model
        data (np.ndarray): the result of `ndl.data.batchify` (rows, batch)
        seq_len (int): rows in a chunk
        n_epochs (int): how often to go through the text
        optimizer (type): kind of optimizer
        lr (float): its step size
        weight_decay (float): its regularization
        loss_fn (type): kind of loss
        clip (float): bound for the norm of the gradients, if there is one
        device: where the model is
        dtype (str): the type of its parameters

    Returns:
        Tuple of two floats, both of the last epoch: accuracy and average loss.
    """
    np.random.seed(4)
    ### BEGIN YOUR SOLUTION
    opt = optimizer(model.parameters(), lr=lr, weight_decay=weight_decay)
    for _ in range(n_epochs):
        result = epoch_general_ptb(data, model, seq_len, loss_fn(), opt, clip, device, dtype)
    return result
    ### END YOUR SOLUTION


def evaluate_ptb(model, data, seq_len=40, loss_fn=nn.SoftmaxLoss, device=None, dtype="float32"):
    """Evaluate a model of language.

    Args:
        model (nn.Module): the model
        data (np.ndarray): the result of `ndl.data.batchify` (rows, batch)
        seq_len (int): rows in a chunk
        loss_fn (type): kind of loss
        device: where the model is
        dtype (str): the type of its parameters

    Returns:
        Tuple of two floats: accuracy and average loss.
    """
    np.random.seed(4)
    ### BEGIN YOUR SOLUTION
    return epoch_general_ptb(data, model, seq_len, loss_fn(), device=device, dtype=dtype)
    ### END YOUR SOLUTION


### END PART
