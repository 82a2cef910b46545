import gzip
import struct
import sys

import numpy as np

sys.path.append("python/")
import needle as ndl


def parse_mnist(image_filesname, label_filename):
    with gzip.open(image_filesname) as images, gzip.open(label_filename) as labels:
        _, count, height, width = struct.unpack(">4i", images.read(16))
        labels.seek(8)
        X = np.frombuffer(images.read(), np.uint8).reshape(count, height * width)
        y = np.frombuffer(labels.read(), np.uint8)
    return X.astype("float32") / 255.0, y


def softmax_loss(Z, y_one_hot):
    per_example = ndl.log(ndl.summation(ndl.exp(Z), (1,))) - (Z * y_one_hot).sum((1,))
    return per_example.sum() / Z.shape[0]


def nn_epoch(X, y, W1, W2, lr=0.1, batch=100):
    classes = W2.shape[1]
    for at in range(0, len(X), batch):
        inputs, labels = ndl.Tensor(X[at : at + batch]), y[at : at + batch]
        targets = np.zeros((labels.size, classes), dtype="float32")
        targets[range(labels.size), labels] = 1
        loss = softmax_loss(ndl.relu(inputs @ W1) @ W2, ndl.Tensor(targets))
        loss.backward()
        W1, W2 = [ndl.Tensor(W.numpy() - lr * W.grad.numpy()) for W in (W1, W2)]
    return W1, W2


def loss_err(h, y):
    one_hot = np.zeros((y.shape[0], h.shape[-1]))
    one_hot[np.arange(y.size), y] = 1
    predicted = h.numpy().argmax(axis=1)
    return softmax_loss(h, ndl.Tensor(one_hot)).numpy(), np.mean(predicted != y)
