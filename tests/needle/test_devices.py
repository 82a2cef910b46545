"""Devices: the CPU, the GPU that is not there, and one made of a module that imitates CuPy."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import needle as ndl
import numpy as np
import pytest
from cases import CASES, Case
from needle import backend_cupy
from needle.autograd import Tensor
from numpy.lib.mixins import NDArrayOperatorsMixin


def test_the_cpu() -> None:
    cpu = ndl.cpu()
    assert repr(cpu) == "needle.cpu()"
    assert cpu == ndl.cpu()
    assert cpu != ndl.cuda()
    assert len({cpu, ndl.cpu()}) == 1
    assert cpu.enabled()
    assert ndl.all_devices() == [cpu]
    assert Tensor([1.0]).device == cpu
    assert Tensor([1.0]).sum().device == cpu


def test_arrays_of_the_cpu() -> None:
    cpu = ndl.cpu()
    for array, value in ((cpu.zeros(2, 3), 0), (cpu.ones(2, 3), 1), (cpu.full((2, 3), 7), 7)):
        assert (array.shape, array.dtype) == ((2, 3), np.float32)
        assert (array == value).all()
    assert cpu.empty((2, 3), dtype="float64").dtype == np.float64
    np.testing.assert_array_equal(cpu.one_hot(3, np.array([2, 0])), np.eye(3)[[2, 0]])


def test_draws_are_those_of_the_global_generator() -> None:
    np.random.seed(1)
    drawn = ndl.cpu().rand(2, 3), ndl.cpu().randn(4), ndl.cpu().rand()
    np.random.seed(1)
    expected = np.random.rand(2, 3), np.random.randn(4), np.random.rand()
    for actual, array in zip(drawn, expected, strict=True):
        np.testing.assert_array_equal(actual, array)
    assert type(drawn[2]) is float


@pytest.fixture
def no_cupy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "cupy", None)
    backend_cupy._why_unavailable.cache_clear()
    yield
    backend_cupy._why_unavailable.cache_clear()


@pytest.mark.usefixtures("no_cupy")
def test_without_a_gpu_the_device_is_there_but_disabled() -> None:
    assert repr(ndl.cuda()) == "needle.cuda()"
    assert not ndl.cuda().enabled()
    for make in (
        lambda: Tensor([1.0], device=ndl.cuda()),
        lambda: Tensor(Tensor([1.0]), device=ndl.cuda()),
        lambda: ndl.ones(2, device=ndl.cuda()),
    ):
        with pytest.raises(RuntimeError, match=r"cuda\(\) is not available.*cupy.*needle.cpu\(\)"):
            make()


class ndarray(NDArrayOperatorsMixin):  # noqa: N801
    """An array that, like CuPy's, never becomes a NumPy array unasked, nor meets one."""

    __module__ = "cupy"

    def __init__(self, array: Any) -> None:
        self.array = np.asarray(array)

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if "out" in options:
            options["out"] = real(options["out"])
        return fake(getattr(ufunc, method)(*map(real, inputs), **options))

    def __array_function__(self, function: Any, _: Any, args: Any, options: Any) -> Any:
        return fake(function(*map(real, args), **options))

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self.array, name)
        if callable(attribute):
            return lambda *args, **options: fake(attribute(*map(real, args), **options))
        return attribute

    def __getitem__(self, key: Any) -> ndarray:
        return fake(self.array[key])

    def __setitem__(self, key: Any, value: Any) -> None:
        self.array[key] = real(value)

    def get(self) -> np.ndarray:
        return self.array


def real(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    if isinstance(value, (list, tuple)):
        return type(value)(map(real, value))
    return value.array if isinstance(value, ndarray) else value


def fake(value: Any) -> Any:
    return [fake(item) for item in value] if isinstance(value, list) else ndarray(value)


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A GPU that computes on the CPU."""
    module = ModuleType("cupy")
    for name in ("array", "zeros", "ones", "full", "empty"):
        function = getattr(np, name)
        setattr(module, name, lambda *a, function=function, **k: fake(function(*a, **k)))
    tricks = SimpleNamespace(
        as_strided=lambda a, *args: fake(np.lib.stride_tricks.as_strided(a.array, *args))
    )
    module.lib = SimpleNamespace(stride_tricks=tricks)  # type: ignore[attr-defined]
    runtime = SimpleNamespace(getDeviceCount=lambda: 1)
    module.cuda = SimpleNamespace(runtime=runtime)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cupy", module)
    backend_cupy._why_unavailable.cache_clear()
    yield ndl.cuda()
    backend_cupy._why_unavailable.cache_clear()


def test_tensors_move_between_devices(cuda: Any) -> None:
    x = Tensor([1.0, 2.0], device=cuda)
    assert cuda.enabled()
    assert x.device == cuda
    assert type(x.realize_cached_data()) is ndarray
    back = Tensor(x, device=ndl.cpu())
    assert back.device == ndl.cpu()
    assert back.numpy().tolist() == x.numpy().tolist() == [1.0, 2.0]
    assert ndl.zeros_like(x).device == cuda
    assert ndl.init.rand(2, device=cuda).device == cuda


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_operator_stays_on_its_device(case: Case, cuda: Any) -> None:
    def outcome(device: Any) -> list[np.ndarray]:
        inputs = [Tensor(a, device=device) for a in case.arrays()]
        out = case.needle(*inputs)
        out.backward()
        results = [out, *(x.grad for x in inputs)]
        assert [x.device for x in results] == [device] * len(results)
        return [x.numpy() for x in results]

    for actual, expected in zip(outcome(cuda), outcome(ndl.cpu()), strict=True):
        np.testing.assert_array_equal(actual, expected)


def test_devices_do_not_mix(cuda: Any) -> None:
    with pytest.raises(TypeError):
        Tensor([1.0], device=cuda) + Tensor([1.0])
