"""Handed-out application code with the student's functions in it."""

import sys

sys.path.append("package/")
import minidl as mdl
import minidl.nn as nn
import numpy as np

np.random.seed(0)


def softmax_loss(Z, y_one_hot):
    m = Z.shape[0]
    return (mdl.summation(mdl.log(mdl.summation(mdl.exp(Z), axes=1))) - mdl.summation(Z * y_one_hot)) * (1 / m)


def sgd_epoch(X, y, theta, lr=0.1, batch=10):
    """Changes theta in place."""
    for i in range(0, X.shape[0], batch):
        Z = np.exp(X[i : i + batch] @ theta)
        Z /= Z.sum(axis=1, keepdims=True)
        Z[np.arange(Z.shape[0]), y[i : i + batch]] -= 1
        theta -= lr * X[i : i + batch].T @ Z / Z.shape[0]


def epoch(loader, model, opt=None):
    np.random.seed(4)
    model.train() if opt else model.eval()
    total, count = 0.0, 0
    for X, y in loader:
        loss = (model(X) * model(X)).sum()
        if opt:
            opt.reset_grad()
            loss.backward()
            opt.step()
        total += float(loss.numpy())
        count += 1
    return total / count, count


def show(x):
    print("showing", x)
    return None
