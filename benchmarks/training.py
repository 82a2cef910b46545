"""How long one step of training takes: Needle on NumPy's arrays and on its own, and PyTorch.

Two models, in float32 and with one thread:

- ResNet9 on a batch of 128 images (3, 32, 32), the size that the course trains it with; Adam.
- A language model with an LSTM, 40 words of 16 texts: a dictionary of 2000 words, embeddings of 64,
  128 hidden units; SGD.

A step is all of it: make tensors, forward, loss, backward, optimizer. Needle selects its arrays
when it is imported, so each contestant lives in a process of its own. They take turns, one at a
time, so that a slow moment of the machine hits all of them; every ratio is the median over turns.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

REFERENCE = Path(__file__).resolve().parent.parent / "reference_solution"
IMAGES, CLASSES = 128, 10
WORDS, EMBEDDING, HIDDEN, TIMES, TEXTS = 2000, 64, 128, 40, 16
TURNS, STEPS = 15, 4
MODELS = ("resnet9", "lstm")
BOUNDS = {"np": 1.5, "nd": 3.0}
_EXTENSIONS = "python/needle/backend_ndarray/ndarray_backend_cpu*.so"

Step = Callable[[], Any]


def images() -> tuple[np.ndarray, np.ndarray]:
    """Made-up images and labels."""
    random = np.random.default_rng(0)
    pixels = random.standard_normal((IMAGES, 3, 32, 32), dtype=np.float32)
    return pixels, random.integers(0, CLASSES, IMAGES)


def words() -> tuple[np.ndarray, np.ndarray]:
    """Made-up words (TIMES, TEXTS), and those to predict, in one row."""
    text = np.random.default_rng(0).integers(0, WORDS, (TIMES + 1, TEXTS))
    return text[:-1], text[1:].reshape(-1)


def needle_steps() -> dict[str, Step]:
    """Steps of the reference, on the arrays that NEEDLE_BACKEND names."""
    sys.path[:0] = [str(REFERENCE / "python"), str(REFERENCE / "apps")]
    import models
    import needle as ndl

    loss_function = ndl.nn.SoftmaxLoss()

    def train(model: Any, optimizer: Any, data: tuple[np.ndarray, np.ndarray]) -> Step:
        def step() -> None:
            x, y = (ndl.Tensor(a, dtype="float32", requires_grad=False) for a in data)
            out = model(x)
            loss = loss_function(out[0] if isinstance(out, tuple) else out, y)
            optimizer.reset_grad()
            loss.backward()
            optimizer.step()

        return step

    resnet9 = models.ResNet9()
    lstm = models.LanguageModel(EMBEDDING, WORDS, HIDDEN, seq_model="lstm")
    return {
        "resnet9": train(resnet9, ndl.optim.Adam(resnet9.parameters(), lr=0.001), images()),
        "lstm": train(lstm, ndl.optim.SGD(lstm.parameters(), lr=0.1), words()),
    }


def torch_steps() -> dict[str, Step]:
    """Steps of PyTorch in eager mode."""
    import torch

    from benchmarks import torch_models

    torch.set_num_threads(1)

    def train(model: Any, optimizer: Any, data: tuple[np.ndarray, np.ndarray]) -> Step:
        def step() -> None:
            x, y = (torch.tensor(a) for a in data)
            out = model(x)
            logits = out[0] if isinstance(out, tuple) else out
            loss = torch.nn.functional.cross_entropy(logits, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

        return step

    resnet9 = torch_models.resnet9()
    lstm = torch_models.LanguageModel(EMBEDDING, WORDS, HIDDEN)
    return {
        "resnet9": train(resnet9, torch.optim.Adam(resnet9.parameters(), lr=0.001), images()),
        "lstm": train(lstm, torch.optim.SGD(lstm.parameters(), lr=0.1), words()),
    }


def serve(steps: dict[str, Step]) -> None:
    """For each name of a model on standard input, take some steps and print the seconds of one."""
    for step in steps.values():
        step()
    gc.collect()
    gc.freeze()  # what was imported is no garbage, and need not be searched for it
    for name in map(str.strip, sys.stdin):
        start = time.perf_counter()
        for _ in range(STEPS):
            steps[name]()
        print((time.perf_counter() - start) / STEPS, flush=True)


class Contestant:
    """A process that takes steps when asked."""

    def __init__(self, name: str) -> None:
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.training", name],
            cwd=REFERENCE.parent,
            env={**os.environ, **threads, "NEEDLE_BACKEND": name},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds(self, model: str) -> float:
        """The time of one step."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(model, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def end(self) -> None:
        """Wait for the process to end."""
        self.process.communicate()


def measure() -> dict[str, dict[str, Any]]:
    """The time of Needle in units of PyTorch's, for each model and each kind of arrays."""
    names = ["torch", "np"]
    if any(REFERENCE.glob(_EXTENSIONS)):  # else nobody has called `make native`
        names.append("nd")
    contestants = {name: Contestant(name) for name in names}
    for contestant in contestants.values():  # one after the other, until they wait for turns
        contestant.seconds(MODELS[0])
    figures = {}
    for model in MODELS:
        turns = [{n: c.seconds(model) for n, c in contestants.items()} for _ in range(TURNS)]
        for name in names[1:]:
            figures[f"{model}_step_{name}_vs_torch"] = {
                "value": median(turn[name] / turn["torch"] for turn in turns),
                "unit": "x",
                "needle_seconds": median(turn[name] for turn in turns),
                "torch_seconds": median(turn["torch"] for turn in turns),
                "at_most": BOUNDS[name],
            }
    for contestant in contestants.values():
        contestant.end()
    return figures


if __name__ == "__main__":
    if sys.argv[1:]:
        serve(torch_steps() if sys.argv[1] == "torch" else needle_steps())
    else:
        print(json.dumps(measure(), indent=2))
