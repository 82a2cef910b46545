"""Mistakes in the loss, in reading MNIST, and in training."""

from __future__ import annotations

#: (function, mistake) -> its body
SOFTMAX = {
    ("softmax_loss", "sum"): """
        return (ndl.log(ndl.exp(Z).sum(axes=(1,))) - (Z * y_one_hot).sum(axes=(1,))).sum()
        """,
    ("softmax_loss", "per example"): """
        return ndl.log(ndl.exp(Z).sum(axes=(1,))) - (Z * y_one_hot).sum(axes=(1,))
        """,
    ("softmax_loss", "mean over all elements"): """
        total = (ndl.log(ndl.exp(Z).sum(axes=(1,))) - (Z * y_one_hot).sum(axes=(1,))).sum()
        return total / (Z.shape[0] * Z.shape[1])
        """,
    ("softmax_loss", "mean over classes"): """
        total = (ndl.log(ndl.exp(Z).sum(axes=(1,))) - (Z * y_one_hot).sum(axes=(1,))).sum()
        return total / Z.shape[1]
        """,
    ("softmax_loss", "half of it averaged"): """
        total = ndl.log(ndl.exp(Z).sum(axes=(1,))).sum() / Z.shape[0]
        return total - (Z * y_one_hot).sum()
        """,
    ("softmax_loss", "sums over the batch"): """
        return (ndl.log(ndl.exp(Z).sum(axes=(0,))).sum() - (Z * y_one_hot).sum()) / Z.shape[0]
        """,
    ("softmax_loss", "sign"): """
        total = (ndl.log(ndl.exp(Z).sum(axes=(1,))) - (Z * y_one_hot).sum(axes=(1,))).sum()
        return -total / Z.shape[0]
        """,
    ("softmax_loss", "an axis left"): """
        total = (ndl.log(ndl.exp(Z).sum(axes=(1,))) - (Z * y_one_hot).sum(axes=(1,))).sum()
        return (total / Z.shape[0]).reshape((1,))
        """,
    ("softmax_loss", "labels as a constant"): """
        y = ndl.Tensor(y_one_hot.numpy())
        total = (ndl.log(ndl.exp(Z).sum(axes=(1,))) - (Z * y).sum(axes=(1,))).sum()
        return total / Z.shape[0] + (y_one_hot * 0).sum()
        """,
    ("softmax_loss", "leaks float64"): """
        total = (ndl.log(ndl.exp(Z).sum(axes=(1,))) - (Z * y_one_hot).sum(axes=(1,))).sum()
        return total * ndl.Tensor(np.float64(1 / Z.shape[0]))
        """,
    ("softmax_loss", "in NumPy"): """
        z, y = Z.numpy(), y_one_hot.numpy()
        loss = np.log(np.exp(z).sum(axis=1)) - (z * y).sum(axis=1)
        return ndl.Tensor(loss.mean())
        """,
    ("softmax_loss", "batches of at most 5"): """
        total = (ndl.log(ndl.exp(Z).sum(axes=(1,))) - (Z * y_one_hot).sum(axes=(1,))).sum()
        return total / min(Z.shape[0], 5)
        """,
}

_READ = """
with gzip.open(image_filesname) as file:
    _, count, rows, columns = np.frombuffer(file.read(16), ">u4").tolist()
    X = np.frombuffer(file.read(), np.uint8).reshape(count, rows * columns)
with gzip.open(label_filename) as file:
    y = np.frombuffer(file.read()[8:], np.uint8)
return X.astype(np.float32) / 255, y
"""


def _read(old: str, new: str) -> str:
    assert old in _READ
    return _READ.replace(old, new)


PARSE = {
    ("parse_mnist", "bytes"): _read(" / 255", ""),
    ("parse_mnist", "float64"): _read("X.astype(np.float32)", "X"),
    ("parse_mnist", "divided by the largest pixel"): _read(" / 255", " / X.max()"),
    ("parse_mnist", "smallest pixel moved to zero"): _read(
        "X.astype(np.float32) / 255", "(X.astype(np.float32) - X.min()) / 255"
    ),
    ("parse_mnist", "divided by 256"): _read(" / 255", " / 256"),
    ("parse_mnist", "labels of another type"): _read(", y\n", ", y.astype(np.int64)\n"),
    ("parse_mnist", "28 x 28 only"): _read("reshape(count, rows * columns)", "reshape(-1, 784)"),
    ("parse_mnist", "images keep two axes"): _read("rows * columns", "rows, columns"),
    ("parse_mnist", "columns first"): _read(
        "rows * columns)", "rows, columns).swapaxes(1, 2).reshape(count, rows * columns)"
    ),
    ("parse_mnist", "little endian"): _read(">u4", "<u4"),
    ("parse_mnist", "count in one byte"): _read("reshape(count", "reshape(count % 256"),
    ("parse_mnist", "header of labels read as labels"): _read("[8:]", "[7:-1]"),
    ("parse_mnist", "one image without its axis"): _read(
        "X.astype(np.float32)", "X.squeeze().astype(np.float32)"
    ),
    ("parse_mnist", "whole numbers"): _read(" / 255", " // 255"),
}

_TRAIN = """
eye = np.eye(W2.shape[1], dtype=np.float32)
for i in range(0, len(X), batch):
    x, t = ndl.Tensor(X[i : i + batch]), ndl.Tensor(eye[y[i : i + batch]])
    loss = softmax_loss(ndl.relu(x @ W1) @ W2, t)
    loss.backward()
    W1 = (W1 - lr * W1.grad).detach()
    W2 = (W2 - lr * W2.grad).detach()
return W1, W2
"""


def _train(*edits: str) -> str:
    text = _TRAIN
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    return text


EPOCH = {
    ("nn_epoch", "keeps the graph"): _train(
        "(W1 - lr * W1.grad).detach()",
        "W1 - lr * W1.grad",
        "(W2 - lr * W2.grad).detach()",
        "W2 - lr * W2.grad",
    ),
    ("nn_epoch", "keeps the losses"): _train(
        "eye =", "losses = []\neye =", "loss.backward()", "losses.append(loss)\n    loss.backward()"
    ),
    ("nn_epoch", "drops the short batch"): _train("len(X), batch", "len(X) - batch + 1, batch"),
    ("nn_epoch", "short batch averaged as a full one"): _train(
        "loss.backward()", "(loss * (len(X[i : i + batch]) / batch)).backward()"
    ),
    ("nn_epoch", "first batch again and again"): _train(
        "X[i : i + batch]", "X[:batch]", "eye[y[i : i + batch]]", "eye[y[:batch]]"
    ),
    ("nn_epoch", "uphill"): _train("W1 - lr * W1.grad", "W1 + lr * W1.grad"),
    ("nn_epoch", "no relu"): _train("ndl.relu(x @ W1)", "(x @ W1)"),
    ("nn_epoch", "relu twice"): _train("ndl.relu(x @ W1) @ W2", "ndl.relu(ndl.relu(x @ W1) @ W2)"),
    ("nn_epoch", "classes counted in the labels"): _train("W2.shape[1]", "int(y.max()) + 1"),
    ("nn_epoch", "shuffled"): _train(
        "eye =", "order = np.random.permutation(len(X))\nX, y = X[order], y[order]\neye ="
    ),
    ("nn_epoch", "backwards"): _train(
        "range(0, len(X), batch)", "reversed(range(0, len(X), batch))"
    ),
    ("nn_epoch", "weights changed in place"): _train(
        "W1 = (W1 - lr * W1.grad).detach()",
        "W1.data = W1.data - lr * W1.grad.data",
        "W2 = (W2 - lr * W2.grad).detach()",
        "W2.data = W2.data - lr * W2.grad.data",
    ),
    ("nn_epoch", "float64 weights"): _train(
        "(W1 - lr * W1.grad).detach()", "ndl.Tensor(W1.numpy() - np.float64(lr) * W1.grad.numpy())"
    ),
    ("nn_epoch", "first layer left out"): _train("W1 = (W1 - lr * W1.grad).detach()", "pass"),
    ("nn_epoch", "second layer left out"): _train("W2 = (W2 - lr * W2.grad).detach()", "pass"),
    ("nn_epoch", "step size divided by the batch size"): _train("W1 - lr *", "W1 - lr / batch *"),
    ("nn_epoch", "step size fixed"): _train("eye =", "lr = 0.1\neye ="),
    ("nn_epoch", "batch size fixed"): _train("eye =", "batch = 100\neye ="),
    ("nn_epoch", "all data at once"): _train("eye =", "batch = len(X)\neye ="),
    ("nn_epoch", "data scaled in place"): _train("return", "X *= 2\nreturn"),
    ("nn_epoch", "one batch only"): _train("return W1, W2", "    return W1, W2"),
    ("nn_epoch", "weights in the wrong order"): _train("return W1, W2", "return W2, W1"),
}
