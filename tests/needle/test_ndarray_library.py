"""The library on its own arrays: every operator on every device against PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from cases import CASES, Case, cases
from libraries import DEVICES, ndarray_library

NAMES = [case.name for case in CASES]


@cache
def ndarray_cases() -> dict[str, Case]:
    return {case.name: case for case in cases(ndarray_library())}


@pytest.fixture(scope="module")
def ndl() -> Any:
    return ndarray_library()


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest, ndl: Any) -> Any:
    device = getattr(ndl, request.param)()
    if not device.enabled():
        pytest.skip(f"{device} is not enabled here")
    return device


def assert_near(actual: Any, expected: torch.Tensor | None) -> None:
    """As near as float32 can be. The sum over everything has the shape (1,), not ()."""
    array = actual.numpy()
    wanted = np.zeros(array.shape) if expected is None else expected.detach().numpy()
    assert array.dtype == np.float32
    assert array.shape in (wanted.shape, wanted.shape or (1,))
    scale = max(1, np.abs(wanted).max(initial=0))
    np.testing.assert_allclose(array.reshape(wanted.shape) / scale, wanted / scale, atol=2e-5)


def torch_gradients(value: torch.Tensor, inputs: Sequence[torch.Tensor]) -> list[Any]:
    if not value.requires_grad:
        return [None] * len(inputs)
    return list(torch.autograd.grad(value, inputs, create_graph=True, allow_unused=True))


@pytest.mark.parametrize("name", NAMES)
def test_forward_and_two_gradients(name: str, ndl: Any, device: Any) -> None:
    case = ndarray_cases()[name]
    ours = [ndl.Tensor(a, device=device) for a in case.arrays("float32")]
    theirs = [torch.tensor(a, requires_grad=True) for a in case.arrays()]
    value, expected = case.needle(*ours), case.torch(*theirs)
    assert_near(value, expected)
    for _ in range(2):
        value, expected = (value * value).sum(), (expected * expected).sum()
        for x in ours:
            x.grad = ndl.zeros_like(x)  # stays if the value does not depend on x
        value.backward()
        wanted = torch_gradients(expected, theirs)
        for x, gradient in zip(ours, wanted, strict=True):
            assert x.grad.shape == x.shape
            assert x.grad.device == device
            assert_near(x.grad, gradient)
        value = sum((x.grad.sum() for x in ours[1:]), ours[0].grad.sum())
        expected = sum(torch.zeros(()) if g is None else g.sum() for g in wanted)


@pytest.mark.parametrize("name", NAMES)
def test_lazy_mode_computes_the_same(name: str, ndl: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def outcome() -> list[np.ndarray]:
        case = ndarray_cases()[name]
        inputs = [ndl.Tensor(a) for a in case.arrays()]
        out = case.needle(*inputs)
        out.backward()
        return [out.numpy(), *(x.grad.numpy() for x in inputs)]

    eager = outcome()
    monkeypatch.setattr(ndl.autograd, "LAZY_MODE", True)
    for actual, expected in zip(outcome(), eager, strict=True):
        np.testing.assert_array_equal(actual, expected)
