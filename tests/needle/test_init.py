"""Initializers: values, dtypes, and the draws they take from NumPy's generator."""

from __future__ import annotations

from typing import Any

import needle as ndl
import numpy as np
import pytest
from needle import init


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: init.ones(2, 3), np.ones((2, 3))),
        (lambda: init.zeros(2, 3), np.zeros((2, 3))),
        (lambda: init.constant(2, 3, c=2.5), np.full((2, 3), 2.5)),
        (lambda: init.ones(), np.ones(())),
        (lambda: ndl.ones_like(ndl.Tensor(np.zeros((2, 3), "float32"))), np.ones((2, 3))),
        (lambda: init.one_hot(3, ndl.Tensor([[2.0, 0.0]])), np.eye(3)[[[2, 0]]]),
    ],
)
def test_constants(make: Any, expected: np.ndarray) -> None:
    x = make()
    assert x.dtype == np.float32
    assert not x.requires_grad
    np.testing.assert_array_equal(x.numpy(), expected)


def test_random_numbers_come_from_the_global_generator() -> None:
    np.random.seed(7)
    made = [
        init.rand(2, 3, low=-1.0, high=3.0),
        init.randn(4, mean=2.0, std=0.5),
        init.randb(5, p=0.3),
        init.rand(),
    ]
    np.random.seed(7)
    expected = [
        np.random.rand(2, 3) * 4.0 - 1.0,
        np.random.randn(4) * 0.5 + 2.0,
        np.random.rand(5) <= 0.3,
        np.random.rand(),
    ]
    assert [x.dtype for x in made] == ["float32", "float32", "bool", "float32"]
    for x, array in zip(made, expected, strict=True):
        np.testing.assert_allclose(x.numpy(), array, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
def test_likeness_takes_shape_and_dtype(dtype: str) -> None:
    x = ndl.zeros_like(ndl.Tensor(np.ones((2, 0, 3), dtype=dtype)), requires_grad=True)
    assert (x.shape, x.dtype, x.requires_grad) == ((2, 0, 3), dtype, True)
