"""Every operator against PyTorch: forward, and gradients up to the third order."""

from __future__ import annotations

from typing import Any

import needle as ndl
import numpy as np
import pytest
import torch
from cases import CASES, Case

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def assert_same(actual: np.ndarray, expected: np.ndarray) -> None:
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype
    np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-9)


def needle_gradients(value: ndl.Tensor, inputs: list[ndl.Tensor]) -> list[ndl.Tensor]:
    for x in inputs:
        x.grad = ndl.zeros_like(x)  # stays if the value does not depend on x
    value.backward()
    return [x.grad for x in inputs]


def torch_gradients(value: torch.Tensor, inputs: list[torch.Tensor]) -> list[torch.Tensor]:
    zeros = [torch.zeros_like(x) for x in inputs]
    if not value.requires_grad:
        return zeros
    gradients = torch.autograd.grad(value, inputs, create_graph=True, allow_unused=True)
    return [zero if g is None else g for zero, g in zip(zeros, gradients, strict=True)]


def nth_gradients(case: Case, order: int) -> tuple[list[Any], list[Any]]:
    """Differentiate `order` times by both libraries.

    The squared sums of the gradients are what is differentiated next: squares keep the higher
    orders from vanishing, whatever the operator.
    """
    ours = [ndl.Tensor(a) for a in case.arrays()]
    theirs = [torch.tensor(a, requires_grad=True) for a in case.arrays()]
    value, expected = case.needle(*ours), case.torch(*theirs)
    for _ in range(order):
        value, expected = (value * value).sum(), (expected * expected).sum()
        gradients = needle_gradients(value, ours)
        torchs = torch_gradients(expected, theirs)
        value = sum(g.sum() for g in gradients)
        expected = sum(g.sum() for g in torchs)
    return gradients, torchs


@each_case
def test_forward(case: Case) -> None:
    ours = case.needle(*map(ndl.Tensor, case.arrays()))
    theirs = case.torch(*map(torch.tensor, case.arrays()))
    assert_same(ours.numpy(), theirs.numpy())


@each_case
def test_forward_keeps_float32(case: Case) -> None:
    arrays = case.arrays("float32")
    ours = case.needle(*map(ndl.Tensor, arrays))
    theirs = case.torch(*map(torch.tensor, arrays)).numpy()
    assert ours.dtype == theirs.dtype == np.float32
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-5, atol=1e-5)


@each_case
def test_gradients_keep_float32(case: Case) -> None:
    inputs = [ndl.Tensor(a) for a in case.arrays("float32")]
    case.needle(*inputs).backward()
    assert [x.grad.dtype for x in inputs] == [np.float32] * len(inputs)


@pytest.mark.parametrize("order", [1, 2])
@each_case
def test_gradient(case: Case, order: int) -> None:
    ours, theirs = nth_gradients(case, order)
    for actual, expected in zip(ours, theirs, strict=True):
        assert_same(actual.numpy(), expected.detach().numpy())


third_order = {"multiply", "divide", "power", "exp", "log", "power 3", "power 2", "network"}


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.name in third_order], ids=lambda case: case.name
)
def test_third_gradient(case: Case) -> None:
    ours, theirs = nth_gradients(case, 3)
    for actual, expected in zip(ours, theirs, strict=True):
        expected_array = expected.detach().numpy()
        scale = np.abs(expected_array).max()
        np.testing.assert_allclose(actual.numpy() / scale, expected_array / scale, atol=1e-9)


def is_one_operator(case: Case) -> bool:
    """Whether what the case calls is one node of the graph, with the inputs of the case."""
    inputs = [ndl.Tensor(a) for a in case.arrays()]
    return list(case.needle(*inputs).inputs) == inputs


@pytest.mark.parametrize(
    "case", [c for c in CASES if is_one_operator(c)], ids=lambda case: case.name
)
def test_gradient_as_tuple_is_what_backward_adds_up(case: Case) -> None:
    inputs = [ndl.Tensor(a) for a in case.arrays()]
    out = case.needle(*inputs)
    adjoints = out.op.gradient_as_tuple(ndl.Tensor(np.ones(out.shape)), out)
    assert type(adjoints) is tuple
    assert list(out.inputs) == inputs
    out.backward()
    for x, adjoint in zip(inputs, adjoints, strict=True):
        assert_same(adjoint.numpy(), x.grad.numpy())


@each_case
def test_lazy_mode_computes_the_same(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def outcome() -> list[np.ndarray]:
        inputs = [ndl.Tensor(a) for a in case.arrays()]
        out = case.needle(*inputs)
        out.backward()
        return [out.numpy(), *(x.grad.numpy() for x in inputs)]

    eager = outcome()
    monkeypatch.setattr(ndl.autograd, "LAZY_MODE", True)
    for actual, expected in zip(outcome(), eager, strict=True):
        assert_same(actual, expected)


def test_gradients_overwrite_each_other() -> None:
    x = ndl.Tensor([3.0])
    (x * x).backward()
    (x * 5).backward()
    assert x.grad.numpy() == [5.0]


def test_out_grad_scales_the_gradient() -> None:
    x = ndl.Tensor([[1.0, 2.0]])
    (x * x).backward(ndl.Tensor([[10.0, 100.0]]))
    np.testing.assert_array_equal(x.grad.numpy(), [[20.0, 400.0]])


@pytest.mark.parametrize("at", [0.0, -1.5])
def test_third_derivative_of_a_square_is_zero_everywhere(at: float) -> None:
    x = ndl.Tensor(at)
    value = x**2
    for expected in (2 * at, 2.0, 0.0):
        value.backward()
        value = x.grad
        assert value.numpy() == expected
