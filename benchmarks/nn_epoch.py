"""How long one epoch of the two-layer network takes: Needle, PyTorch, and NumPy by hand.

The three run the same training: 20,000 examples of 784 numbers, 100 hidden units, 10 classes,
batches of 100, plain SGD in float32. They take turns, so that a slow moment of the machine hits all
of them, and every ratio is the median over the turns.

The figures are for one thread. NumPy and PyTorch read the number of threads when they are imported,
so the caller sets the environment before this module is imported:

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 python benchmarks/nn_epoch.py
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import torch

REFERENCE = Path(__file__).resolve().parent.parent / "reference_solution"
EXAMPLES, INPUTS, HIDDEN, CLASSES = 20_000, 784, 100, 10
BATCH, RATE = 100, 0.1
TURNS = 15

torch.set_num_threads(1)


class Task(NamedTuple):
    """What all three are given."""

    images: np.ndarray
    labels: np.ndarray
    first: np.ndarray
    second: np.ndarray


@cache
def task() -> Task:
    """Made-up digits: dark images with some bright pixels, as in MNIST, and their labels."""
    random = np.random.default_rng(0)
    images = random.random((EXAMPLES, INPUTS), dtype=np.float32)
    images *= images > 0.8
    first = random.standard_normal((INPUTS, HIDDEN), dtype=np.float32) / np.float32(HIDDEN**0.5)
    second = random.standard_normal((HIDDEN, CLASSES), dtype=np.float32) / np.float32(CLASSES**0.5)
    labels = random.integers(0, CLASSES, EXAMPLES, dtype=np.uint8)
    return Task(images, labels, first, second)


@cache
def _reference() -> tuple[Any, Any]:
    """Needle, and the module of the homework's training loop."""
    sys.path[:0] = [str(REFERENCE / "python"), str(REFERENCE / "apps")]
    import needle
    import simple_ml

    return needle, simple_ml


def needle_epoch() -> tuple[np.ndarray, np.ndarray]:
    """The reference solution, as a student would call it."""
    needle, simple_ml = _reference()
    images, labels, first, second = task()
    weights = needle.Tensor(first), needle.Tensor(second)
    first, second = simple_ml.nn_epoch(images, labels, *weights, lr=RATE, batch=BATCH)
    return first.numpy(), second.numpy()


def numpy_epoch() -> tuple[np.ndarray, np.ndarray]:
    """Gradients written out by hand, weights updated in place."""
    images, labels, first, second = task()
    first, second = first.copy(), second.copy()
    one_hot = np.eye(CLASSES, dtype=np.float32)
    for start in range(0, EXAMPLES, BATCH):
        x, y = images[start : start + BATCH], labels[start : start + BATCH]
        hidden = np.maximum(x @ first, 0)
        exponentials = np.exp(hidden @ second)
        error = exponentials / exponentials.sum(axis=1, keepdims=True) - one_hot[y]
        hidden_error = (error @ second.T) * (hidden > 0)
        second -= RATE / len(x) * (hidden.T @ error)
        first -= RATE / len(x) * (x.T @ hidden_error)
    return first, second


def torch_epoch() -> tuple[np.ndarray, np.ndarray]:
    """PyTorch in eager mode: autograd and its own SGD."""
    images, labels = torch.from_numpy(task().images), torch.from_numpy(task().labels).long()
    weights = [torch.from_numpy(w.copy()).requires_grad_() for w in (task().first, task().second)]
    optimizer = torch.optim.SGD(weights, lr=RATE)
    for start in range(0, EXAMPLES, BATCH):
        x, y = images[start : start + BATCH], labels[start : start + BATCH]
        loss = torch.nn.functional.cross_entropy(torch.relu(x @ weights[0]) @ weights[1], y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    first, second = (w.detach().numpy() for w in weights)
    return first, second


def _seconds(epoch: Callable[[], object]) -> float:
    start = time.perf_counter()
    epoch()
    return time.perf_counter() - start


def needle_epoch_seconds() -> float:
    """One epoch of the reference."""
    return _seconds(needle_epoch)


def numpy_epoch_seconds() -> float:
    """One epoch by hand."""
    return _seconds(numpy_epoch)


def torch_epoch_seconds() -> float:
    """One epoch of PyTorch."""
    return _seconds(torch_epoch)


def measure() -> dict[str, dict[str, Any]]:
    """The time of Needle in units of the others', each the median over interleaved turns."""
    runs = (needle_epoch_seconds, numpy_epoch_seconds, torch_epoch_seconds)
    for run in runs:  # the first run pays for imports and caches
        run()
    gc.collect()
    gc.freeze()  # else Needle's garbage would have PyTorch's modules searched, 90 ms a time
    turns = [[run() for run in runs] for _ in range(TURNS)]
    gc.unfreeze()
    ours, by_hand, torchs = (median(column) for column in zip(*turns, strict=True))
    return {
        "nn_epoch_vs_torch": {
            "value": median(needle / other for needle, _, other in turns),
            "unit": "x",
            "needle_seconds": ours,
            "torch_seconds": torchs,
            "at_most": 1.0,
        },
        "nn_epoch_vs_numpy": {
            "value": median(needle / other for needle, other, _ in turns),
            "unit": "x",
            "needle_seconds": ours,
            "numpy_seconds": by_hand,
            "at_most": 1.3,
        },
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
