"""Mistakes in homework 1, as students make them."""

from __future__ import annotations

from tests.mutants import hw1_apps, hw1_autograd, hw1_operators
from tests.mutants.edit import Mutant

OPS = "python/needle/ops/ops_mathematic.py"
AUTOGRAD = "python/needle/autograd.py"
APPS = "apps/simple_ml.py"


def _mutants(file: str, caught_by: str, mistakes: dict[tuple[str, str], str]) -> tuple[Mutant, ...]:
    return tuple(
        Mutant(name=f"{where}: {name}", file=file, where=where, body=body, caught_by=caught_by)
        for (where, name), body in mistakes.items()
    )


MUTANTS = (
    *_mutants(OPS, "test_forward.py", hw1_operators.FORWARD),
    *_mutants(OPS, "test_backward.py", hw1_operators.BACKWARD),
    *_mutants(AUTOGRAD, "test_topological_sort.py", hw1_autograd.TOPOLOGICAL_SORT),
    *_mutants(AUTOGRAD, "test_autograd.py", hw1_autograd.ENGINE),
    *_mutants(APPS, "test_softmax_loss.py", hw1_apps.SOFTMAX),
    *_mutants(APPS, "test_parse_mnist.py", hw1_apps.PARSE),
    *_mutants(APPS, "test_nn_epoch.py", hw1_apps.EPOCH),
)
