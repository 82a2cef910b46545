"""What is alive: the counter, loops that detach, graphs that go."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import needle as ndl
import numpy as np
import pytest
from needle.autograd import Tensor
from simple_ml import nn_epoch

PYTHON = Path(ndl.__file__).parents[1]


def alive() -> int:
    gc.collect()
    return ndl.autograd.TENSOR_COUNTER


def test_the_counter_counts_values_that_are_alive() -> None:
    before = alive()
    x = Tensor([1.0])
    y = x + x
    assert alive() == before + 2
    del y
    assert alive() == before + 1
    del x
    assert alive() == before


def test_a_constructor_that_fails_counts_nothing() -> None:
    before = alive()
    with pytest.raises(ValueError, match="could not convert"):
        Tensor("no number", dtype="float32")
    assert alive() == before


def test_a_graph_that_is_differentiated_goes_with_its_values() -> None:
    before = alive()
    x = Tensor(np.ones((2, 2)))
    ndl.exp(x @ x).sum().backward()
    x.grad.sum().backward()
    del x
    assert alive() == before


def test_a_loop_that_detaches_does_not_grow() -> None:
    w, x = Tensor(np.ones((3, 3))), Tensor(np.ones((2, 3)))
    counts = []
    for _ in range(6):
        ndl.exp(x @ w).sum().backward()
        w = (w - 0.1 * w.grad).detach()
        counts.append(alive())
    assert len(set(counts[1:])) == 1


def test_a_loop_that_sets_data_does_not_grow() -> None:
    w, x = Tensor(np.ones((3, 3))), Tensor(np.ones((2, 3)))
    counts = []
    for _ in range(6):
        ndl.exp(x @ w).sum().backward()
        w.data = w.data - 0.1 * w.grad.data
        counts.append(alive())
    assert len(set(counts)) == 1


def test_a_loop_that_keeps_history_does_grow() -> None:
    """The mistake that `detach` is there for, seen by the counter."""
    w, x = Tensor(np.ones((3, 3))), Tensor(np.ones((2, 3)))
    counts = []
    for _ in range(4):
        ndl.relu(x @ w).sum().backward()
        w = w - 0.1 * w.grad
        counts.append(alive())
    assert counts == sorted(set(counts))


def test_a_sum_without_gradients_keeps_no_history() -> None:
    total = Tensor(0.0, requires_grad=False)
    before = alive()
    for _ in range(100):
        total = total + Tensor(1.0, requires_grad=False)
    assert alive() == before
    assert total.numpy() == 100


def test_an_epoch_leaves_as_much_as_one_batch() -> None:
    x, y = np.ones((40, 3), dtype="float32"), np.zeros(40, dtype="uint8")
    w1, w2 = ndl.ones(3, 4), ndl.ones(4, 2)

    def left(batch: int) -> int:
        before = alive()
        kept = nn_epoch(x, y, w1, w2, batch=batch)
        return alive() - before if kept else 0

    assert left(batch=40) == left(batch=1)


SCRIPT = """
import needle as ndl
x = y = ndl.Tensor([1.0])
for _ in range({depth}):
    y = y * 1.0
y.backward()
print(x.grad)
{end}
"""


@pytest.mark.parametrize("end", ["del x, y", "del y; x = None", ""], ids=["both", "top", "exit"])
def test_a_deep_graph_is_destroyed_without_overflow(end: str) -> None:
    script = SCRIPT.format(depth=200_000, end=end)
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=PYTHON,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "[1.]\n", "")
