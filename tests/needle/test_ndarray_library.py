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


def test_everything_is_float32_and_truth_values_are_numbers(ndl: Any, device: Any) -> None:
    for x in (ndl.Tensor([1, 2], device=device), ndl.init.randb(3, p=0.5, device=device)):
        assert x.dtype == "float32"
        assert x.device == device
    assert set(ndl.init.randb(100, device=device).numpy()) == {0.0, 1.0}
    with pytest.raises(AssertionError, match="float64"):
        ndl.Tensor([1.0], device=device, dtype="float64")


def test_draws_are_those_of_numpys_generator(ndl: Any, device: Any) -> None:
    np.random.seed(3)
    ours = ndl.init.rand(2, 3, low=-1, device=device), ndl.init.randn(4, std=2, device=device)
    np.random.seed(3)
    theirs = np.random.rand(2, 3) * 2 - 1, np.random.randn(4) * 2
    for actual, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(actual.numpy(), expected, rtol=1e-5, atol=1e-6)


def test_one_hot_takes_indices_of_any_shape(ndl: Any, device: Any) -> None:
    rows = ndl.init.one_hot(4, ndl.Tensor([[0, 3], [2, 2]], device=device), device=device)
    np.testing.assert_array_equal(rows.numpy(), np.eye(4)[[[0, 3], [2, 2]]])


def test_numbers_without_axes(ndl: Any, device: Any) -> None:
    x = ndl.Tensor(3, device=device)
    y = (ndl.exp(x) * x).reshape((1, 1)).broadcast_to((2, 3)).sum((0, 1))
    y.backward()
    assert x.shape == y.shape == x.grad.shape == ()
    np.testing.assert_allclose(x.grad.numpy(), 6 * 4 * np.exp(3), rtol=1e-5)
    (x * 2).sum().backward()  # the sum over everything has an axis
    assert x.grad.shape == ()


def test_writing_into_the_data_of_a_leaf_changes_what_is_computed(ndl: Any, device: Any) -> None:
    """Numerical differentiation relies on it."""
    x = ndl.Tensor(np.ones((2, 3)), device=device)
    x.realize_cached_data().flat[4] += 2
    np.testing.assert_array_equal((x * 2).numpy(), [[2, 2, 2], [2, 6, 2]])
    copy = x.numpy()
    copy[:] = 0
    assert x.numpy().sum() == 8


def test_the_result_of_numpy_is_a_copy_of_views_too(ndl: Any, device: Any) -> None:
    x = ndl.Tensor(np.arange(6.0).reshape(2, 3), device=device)
    transposed = x.transpose().numpy()
    transposed[0, 0] = 7
    assert x.numpy()[0, 0] == 0


def test_one_epoch_is_that_of_numpy(ndl: Any, device: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import needle
    import simple_ml

    random = np.random.default_rng(0)
    x, y = random.standard_normal((10, 5), dtype="float32"), random.integers(3, size=10)
    weights = [random.standard_normal(shape, dtype="float32") for shape in ((5, 4), (4, 3))]
    expected = simple_ml.nn_epoch(x, y, *map(needle.Tensor, weights), lr=0.5, batch=4)
    monkeypatch.setattr(simple_ml, "ndl", ndl)
    given = [ndl.Tensor(w, device=device) for w in weights]
    for before, new, wanted in zip(
        given, simple_ml.nn_epoch(x, y, *given, lr=0.5, batch=4), expected, strict=True
    ):
        assert new.device == device
        np.testing.assert_allclose(new.numpy(), wanted.numpy(), rtol=1e-4, atol=1e-5)
        assert not np.array_equal(new.numpy(), before.numpy())


@pytest.mark.parametrize(
    ("name", "shapes", "settings", "kind"),
    [
        ("add", [(2, 3), (4, 5)], {}, AssertionError),
        ("matmul", [(2, 3), (4, 5)], {}, AssertionError),
        ("transpose", [(2, 3)], {"axes": (0, 5)}, AssertionError),
        ("split", [(2, 3)], {"axis": 4}, ValueError),
        ("conv", [(5, 5, 2), (3, 3, 2, 4)], {}, ValueError),
    ],
)
def test_errors_name_operator_and_shapes(
    name: str, shapes: Any, settings: Any, kind: type[Exception], ndl: Any
) -> None:
    wrong = [ndl.Tensor(np.ones(shape)) for shape in shapes]
    with pytest.raises(kind, match="cannot take") as error:
        getattr(ndl, name)(*wrong, **settings)
    for shape in shapes:
        assert str(shape) in str(error.value)


def test_stacking_along_an_axis_that_is_none_names_it(ndl: Any) -> None:
    with pytest.raises(ValueError, match=r"no axis 5 for arrays of shape \(2, 3\)"):
        ndl.stack([ndl.Tensor(np.ones((2, 3)))], 5)
