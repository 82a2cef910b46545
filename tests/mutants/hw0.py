"""Mistakes in homework 0, as students make them."""

from __future__ import annotations

from tests.mutants.edit import Mutant
from tests.mutants.hw1_apps import PARSE

FILE = "src/simple_ml.py"
EXTENSION = "src/simple_ml_ext.py"

ADD = {
    ("add", "subtracts"): "return x - y",
    ("add", "in floating point"): "return float(x) + float(y)",
    ("add", "always an array"): "return np.add(x, y)",
    ("add", "in place"): "x += y\nreturn x",
    ("add", "float64"): "return np.asarray(x, np.float64) + y",
}

_RIGHT = "return np.mean(np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(len(y)), y])"

SOFTMAX = {
    (
        "softmax_loss",
        "sum",
    ): "return (np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(len(y)), y]).sum()",
    ("softmax_loss", "over classes"): """
        total = (np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(len(y)), y]).sum()
        return total / Z.shape[1]
        """,
    (
        "softmax_loss",
        "sums over the batch",
    ): "return np.mean(np.log(np.exp(Z).sum(axis=0))) - Z[np.arange(len(y)), y].mean()",
    (
        "softmax_loss",
        "mean of exponentials",
    ): "return np.mean(np.log(np.exp(Z).mean(axis=1)) - Z[np.arange(len(y)), y])",
    (
        "softmax_loss",
        "sign",
    ): "return np.mean(Z[np.arange(len(y)), y] - np.log(np.exp(Z).sum(axis=1)))",
    (
        "softmax_loss",
        "first label for all",
    ): "return np.mean(np.log(np.exp(Z).sum(axis=1)) - Z[:, y[0]])",
    (
        "softmax_loss",
        "per example",
    ): "return np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(len(y)), y]",
    (
        "softmax_loss",
        "float32",
    ): "Z = Z.astype(np.float32)\n" + _RIGHT,
    (
        "softmax_loss",
        "float64",
    ): "Z = Z.astype(np.float64)\n" + _RIGHT,
    (
        "softmax_loss",
        "changes the logits",
    ): "Z -= Z.max(axis=1, keepdims=True)\n" + _RIGHT,
    (
        "softmax_loss",
        "base 2",
    ): "return np.mean(np.log2(np.exp(Z).sum(axis=1)) - Z[np.arange(len(y)), y])",
}

#: one epoch of softmax regression, right
REGRESSION_LOOP = """
for i in range(0, len(X), batch):
    x, t = X[i : i + batch], y[i : i + batch]
    odds = np.exp(x @ theta)
    odds = odds / odds.sum(axis=1, keepdims=True)
    odds[np.arange(len(t)), t] -= 1
    theta -= (lr / len(t) * (x.T @ odds)).astype(theta.dtype)
"""

_EPOCH = """
for i in range(0, len(X), batch):
    x, t = X[i : i + batch], y[i : i + batch]
    hidden = np.maximum(x @ W1, 0)
    odds = np.exp(hidden @ W2)
    odds = odds / odds.sum(axis=1, keepdims=True)
    odds[np.arange(len(t)), t] -= 1
    back = (odds @ W2.T) * (hidden > 0)
    W2 -= (lr / len(t) * (hidden.T @ odds)).astype(W2.dtype)
    W1 -= (lr / len(t) * (x.T @ back)).astype(W1.dtype)
"""


def _edited(text: str, *edits: str) -> str:
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    return text


#: mistakes in either loop
_LOOP = {
    "drops the short batch": ("len(X), batch", "len(X) - batch + 1, batch"),
    "short batch averaged as a full one": ("lr / len(t)", "lr / batch"),
    "not averaged": ("lr / len(t)", "lr"),
    "first batch again and again": (
        "x, t = X[i : i + batch], y[i : i + batch]",
        "x, t = X[:batch], y[:batch]",
    ),
    "backwards": ("range(0, len(X), batch)", "reversed(range(0, len(X), batch))"),
    "step size fixed": ("for i in", "lr = 0.1\nfor i in"),
    "batch size fixed": ("for i in", "batch = 100\nfor i in"),
    "all data at once": ("for i in", "batch = len(X)\nfor i in"),
    "normalised over the batch": ("axis=1", "axis=0"),
    "normalised over everything": ("odds.sum(axis=1, keepdims=True)", "odds.sum()"),
    "not normalised": ("odds = odds / odds.sum(axis=1, keepdims=True)\n", "pass\n"),
    "without the labels": ("odds[np.arange(len(t)), t] -= 1", "pass"),
    "first label for all": ("odds[np.arange(len(t)), t] -= 1", "odds[:, t[0]] -= 1"),
    "a slice too short": (
        "X[i : i + batch], y[i : i + batch]",
        "X[i : i + batch - 1], y[i : i + batch - 1]",
    ),
}

REGRESSION = {
    ("softmax_regression_epoch", name): _edited(REGRESSION_LOOP, *edits)
    for name, edits in _LOOP.items()
} | {
    ("softmax_regression_epoch", name): _edited(REGRESSION_LOOP, *edits)
    for name, edits in {
        "uphill": ("theta -=", "theta +="),
        "a new array": ("theta -= ", "theta = theta - "),
        "returns the weights": ("theta.dtype)\n", "theta.dtype)\nreturn theta\n"),
        "float32 only": ("for i in", "if theta.dtype != np.float32:\n    return\nfor i in"),
        "data scaled in place": ("for i in", "X *= 0.5\nfor i in"),
    }.items()
}

EPOCH = {("nn_epoch", name): _edited(_EPOCH, *edits) for name, edits in _LOOP.items()} | {
    ("nn_epoch", name): _edited(_EPOCH, *edits)
    for name, edits in {
        "uphill": ("W1 -=", "W1 +="),
        "new weights of the second layer": (
            "    back = (odds @ W2.T) * (hidden > 0)\n",
            "",
            "    W1 -= (",
            "    W1 -= (",
            "(x.T @ back)",
            "(x.T @ ((odds @ W2.T) * (hidden > 0)))",
        ),
        "no relu in the gradient": (" * (hidden > 0)", ""),
        "slope at zero": ("hidden > 0", "hidden >= 0"),
        "no relu": ("np.maximum(x @ W1, 0)", "x @ W1"),
        "new arrays": ("W1 -= ", "W1 = W1 - "),
        "first layer only": ("W2 -= ", "_ = "),
        "second layer only": ("W1 -= ", "_ = "),
        "returns the weights": ("W1.dtype)\n", "W1.dtype)\nreturn W1, W2\n"),
        "shuffles": (
            "for i in",
            "order = np.random.permutation(len(X))\nX, y = X[order], y[order]\nfor i in",
        ),
    }.items()
}

#: what C++ code gets wrong besides
CPP = {
    ("softmax_regression_epoch_cpp", name): body
    for (_, name), body in REGRESSION.items()
    if name not in ("float32 only", "data scaled in place")
} | {
    ("softmax_regression_epoch_cpp", "rows and columns mixed up"): _edited(
        REGRESSION_LOOP, "x.T @ odds", "(x.T @ odds).T.reshape(theta.shape)"
    ),
    ("softmax_regression_epoch_cpp", "ten classes"): _edited(
        REGRESSION_LOOP, "for i in", "theta = theta[:, :2]\ny = np.minimum(y, 1)\nfor i in"
    ),
    ("softmax_regression_epoch_cpp", "half precision"): _edited(
        REGRESSION_LOOP,
        "np.exp(x @ theta)",
        "np.exp((x @ theta).astype(np.float16)).astype(np.float32)",
    ),
}


def _mutants(file: str, caught_by: str, mistakes: dict[tuple[str, str], str]) -> tuple[Mutant, ...]:
    return tuple(
        Mutant(name=f"{where}: {name}", file=file, where=where, body=body, caught_by=caught_by)
        for (where, name), body in mistakes.items()
    )


_PARSE = {key: body.replace("image_filesname", "image_filename") for key, body in PARSE.items()}

MUTANTS = (
    *_mutants(FILE, "test_add.py", ADD),
    *_mutants(FILE, "test_parse_mnist.py", _PARSE),
    *_mutants(FILE, "test_softmax_loss.py", SOFTMAX),
    *_mutants(FILE, "test_softmax_regression.py", REGRESSION),
    *_mutants(FILE, "test_nn_epoch.py", EPOCH),
    *_mutants(EXTENSION, "test_softmax_regression_cpp.py", CPP),
)
