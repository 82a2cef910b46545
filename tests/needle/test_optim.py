"""The optimizers against PyTorch's over several steps, and what they leave alone."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import needle as ndl
import needle.nn as nn
import numpy as np
import pytest
import torch
from modes import DTYPE, ND, close, draws, tensor

Make = Callable[[Any], Any]


def sgd(momentum: float, weight_decay: float) -> tuple[str, Make, Make]:
    # PyTorch's dampening is the share of a new gradient that is left out, but never of the first.
    return (
        f"sgd {momentum} {weight_decay}",
        lambda p: ndl.optim.SGD(p, lr=0.1, momentum=momentum, weight_decay=weight_decay),
        lambda p: torch.optim.SGD(
            p, lr=0.1, momentum=momentum, dampening=momentum, weight_decay=weight_decay
        ),
    )


def adam(**settings: float) -> tuple[str, Make, Make]:
    betas = settings.get("beta1", 0.9), settings.get("beta2", 0.999)
    rest = {"lr": 0.01, **{k: v for k, v in settings.items() if "beta" not in k}}
    return (
        f"adam {settings}",
        lambda p: ndl.optim.Adam(p, **settings),
        lambda p: torch.optim.Adam(p, betas=betas, **rest),
    )


OPTIMIZERS = [
    sgd(0.0, 0.0),
    sgd(0.0, 0.1),
    sgd(0.9, 0.0),
    sgd(0.5, 0.01),
    adam(),
    adam(lr=0.1),
    adam(lr=0.05, beta1=0.5, beta2=0.9),
    adam(lr=0.05, weight_decay=0.1),
    adam(eps=0.1, weight_decay=0.01),
]


@pytest.mark.parametrize(
    ("ours", "theirs"), [o[1:] for o in OPTIMIZERS], ids=[o[0] for o in OPTIMIZERS]
)
def test_against_torch(ours: Make, theirs: Make, request: pytest.FixtureRequest) -> None:
    """Six steps on the gradients of a function that is no plane."""
    start = [draws(3, 4), draws(4, seed=1)]
    parameters = [nn.Parameter(tensor(array)) for array in start]
    others = [torch.tensor(array, requires_grad=True) for array in start]
    optimizer, other = ours(parameters), theirs(others)
    momentum = other.defaults.get("momentum")
    for step in range(6):
        x = draws(5, 3, seed=step)
        optimizer.reset_grad()
        other.zero_grad()
        y = tensor(x) @ parameters[0] + parameters[1].broadcast_to((5, 4))
        (y**2).sum().backward()
        y_torch = torch.tensor(x) @ others[0] + others[1]
        (y_torch**2).sum().backward()
        if momentum and step == 0:  # ours starts from zero, PyTorch from the first gradient
            for p in others:
                decayed = p.grad + other.defaults["weight_decay"] * p.detach()
                other.state[p]["momentum_buffer"] = torch.zeros_like(decayed)
        optimizer.step()
        other.step()
        for p, q in zip(parameters, others, strict=True):
            close(p.numpy(), q.detach().numpy(), scale=10)


def test_momentum_starts_from_zero() -> None:
    p = nn.Parameter(tensor([1.0]))
    p.grad = tensor([10.0])
    optimizer = ndl.optim.SGD([p], lr=0.1, momentum=0.9)
    optimizer.step()
    close(p.numpy(), [0.9])  # 1 - 0.1 * (0.1 * 10)
    optimizer.step()
    close(p.numpy(), [0.71])  # u = 0.9 * 1 + 0.1 * 10


def make_all(parameters: list[Any]) -> list[ndl.optim.Optimizer]:
    return [
        ndl.optim.SGD(parameters, lr=0.1, momentum=0.5, weight_decay=0.1),
        ndl.optim.Adam(parameters, weight_decay=0.1),
    ]


@pytest.mark.parametrize("which", [0, 1])
def test_what_a_step_leaves_alone(which: int) -> None:
    """Gradients stay as they are, parameters without one too; nobody else's data change."""
    p, idle, never = (nn.Parameter(tensor(draws(3))) for _ in range(3))
    snapshot, idle_before = p.data, idle.numpy()
    before = p.numpy()
    optimizer = make_all([p, idle, never])[which]
    p.grad, idle.grad = tensor([1.0, 2.0, 3.0]), None
    gradient = p.grad
    for _ in range(2):
        optimizer.step()
    assert p.grad is gradient
    np.testing.assert_array_equal(gradient.numpy(), [1, 2, 3])
    np.testing.assert_array_equal(idle.numpy(), idle_before)
    np.testing.assert_array_equal(snapshot.numpy(), before)
    assert (p.numpy() != before).all()
    assert p.op is None
    assert p.requires_grad


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.skipif(ND, reason="nd has one type")
def test_the_dtype_of_the_parameter_stays(which: int) -> None:
    p = nn.Parameter(ndl.ones(3, dtype="float32"))
    p.grad = ndl.Tensor(np.ones(3))
    optimizer = make_all([p])[which]
    optimizer.step()
    optimizer.step()
    assert p.dtype == np.float32


@pytest.mark.parametrize("which", [0, 1])
def test_steps_keep_no_graph_alive(which: int) -> None:
    model = nn.Sequential(nn.Linear(3, 4, dtype=DTYPE), nn.BatchNorm1d(4, dtype=DTYPE))
    optimizer = make_all(model.parameters())[which]
    x = tensor(draws(5, 3))
    counts = []
    for _ in range(4):
        optimizer.reset_grad()
        (model(x) ** 2).sum().backward()
        optimizer.step()
        gc.collect()
        counts.append(ndl.autograd.TENSOR_COUNTER)
    assert len(set(counts)) == 1


def test_adam_counts_steps_not_parameters() -> None:
    parameters = [nn.Parameter(tensor([1.0])) for _ in range(3)]
    optimizer = ndl.optim.Adam(parameters)
    assert optimizer.t == 0
    for p in parameters:
        p.grad = tensor([1.0])
    optimizer.step()
    assert optimizer.t == 1


def test_reset_grad() -> None:
    p = nn.Parameter(tensor([1.0]))
    optimizer = ndl.optim.SGD([p])
    optimizer.reset_grad()
    assert p.grad is None


@pytest.mark.parametrize(("bound", "scale"), [(1.0, 1 / 13), (13.0, 1.0), (20.0, 1.0)])
def test_clip_grad_norm(bound: float, scale: float) -> None:
    gradients = [[3.0, 0.0], [4.0, 12.0]]
    parameters = [nn.Parameter(tensor([1.0, 1.0])) for _ in range(3)]
    for p, g in zip(parameters, gradients, strict=False):
        p.grad = tensor(g)
    ndl.optim.SGD(parameters).clip_grad_norm(bound)
    for p, g in zip(parameters, gradients, strict=False):
        close(p.grad.numpy(), np.array(g) * scale)
        assert p.grad.dtype == p.dtype


def test_clip_grad_norm_keeps_no_graph() -> None:
    p = nn.Parameter(tensor(draws(4)))
    (p * p * 100).sum().backward()
    optimizer = ndl.optim.SGD([p])
    optimizer.clip_grad_norm()
    assert p.grad.op is None
    close(np.linalg.norm(p.grad.numpy()), 0.25)
