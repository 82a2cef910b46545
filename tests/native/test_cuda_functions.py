"""Warps, atomics, numbers, and kernels that fail."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kernel_kit import pointer, script, text


@pytest.fixture(scope="module")
def library(built: Any) -> Path:
    path: Path = built("device_functions")
    return path


@pytest.fixture(scope="module")
def lib(library: Path) -> ctypes.CDLL:
    return ctypes.CDLL(str(library))


@pytest.mark.parametrize("n", [1, 32, 100, 1000])
def test_a_sum_by_shuffles(lib: ctypes.CDLL, n: int) -> None:
    a, out = np.arange(n, dtype=np.float32), np.empty(1, np.float32)
    lib.warp_sum(pointer(a), pointer(out), n)
    assert out[0] == a.sum()


def test_shuffles_and_votes(lib: ctypes.CDLL) -> None:
    out = np.empty((32, 6), np.int32)
    lib.shuffle(pointer(out))
    lane = np.arange(32)
    part = lane // 8 * 8
    np.testing.assert_array_equal(out[:, 0], 3)
    np.testing.assert_array_equal(out[:, 1], np.where(lane - 2 < part, lane, lane - 2))
    np.testing.assert_array_equal(out[:, 2], np.where(lane + 2 >= part + 8, lane, lane + 2))
    np.testing.assert_array_equal(out[:, 3], lane ^ 5)
    votes = sum(1 << int(t) for t in lane[lane % 3 == 0])
    np.testing.assert_array_equal(out[:, 4].view(np.uint32), votes)
    np.testing.assert_array_equal(out[:, 5], 10)


def test_cooperative_groups(lib: ctypes.CDLL) -> None:
    out = np.empty(32, np.int32)
    lib.tiles(pointer(out))
    rank = np.arange(32)
    sums = rank.reshape(4, 8).sum(1)
    np.testing.assert_array_equal(out, sums[rank // 8] + 1000 * (rank // 8 == 1))


def test_atomics_and_variables_of_the_device(lib: ctypes.CDLL) -> None:
    integers = np.array([1, -5, 99, 0, 0], np.int32)
    floats, doubles = np.zeros(1, np.float32), np.zeros(1)
    assert lib.atomics(pointer(integers), pointer(floats), pointer(doubles)) == 100
    assert integers[0] == 1 + sum(range(100))
    assert list(integers[1:4]) == [12, 0, 5]
    assert 1 <= integers[4] <= 100
    assert (floats[0], doubles[0]) == (50, 25)


def test_functions_of_numbers(lib: ctypes.CDLL) -> None:
    x = np.array([-1.5, -0.25, 0.5, 2.0], np.float32)
    polynomial = np.array([1, 2, 3], np.float32)
    out = np.empty((4, 12), np.float32)
    lib.math(pointer(x), pointer(out), 4, pointer(polynomial))
    absolute, i = np.abs(x), np.arange(4)
    expected = [
        3 * np.exp(x),
        2 * np.tanh(x),
        1 / np.sqrt(absolute + 1) + np.sqrt(absolute),
        np.maximum(x, 0) + np.minimum(x, 0.5) + np.maximum(x, 0.25) + np.minimum(x, 0),
        x**2 + x**3 + 2**x,
        2 * np.log1p(absolute) + np.log(2),
        np.where(x > 0, -np.inf, np.finfo(np.float32).max),
        np.maximum(i, 3) + np.minimum(i, 2) + np.maximum(i, 1) + i,
        np.ones(4),
        x / 2 + 2 * x + 1 + x,
        np.full(4, 3 + 31 + 4),
        1 + 2 * x + 3 * x * x,
    ]
    np.testing.assert_allclose(out, np.stack(expected, 1), rtol=1e-5)


def test_an_assertion_names_kernel_block_thread_and_line(lib: ctypes.CDLL) -> None:
    assert text(lib.failed_assertion, 32) == ""
    said = text(lib.failed_assertion, 21)
    assert said.startswith("kernel AssertKernel, block (2, 0, 0), thread (5, 0, 0): assertion `i <")
    assert "failed in device_functions.cu:" in said


def test_a_trap_names_kernel_block_and_thread(lib: ctypes.CDLL) -> None:
    assert text(lib.trap, 3) == ""
    assert text(lib.trap, 2) == "kernel TrapKernel, block (0, 1, 0), thread (0, 0, 2): __trap()"


def test_kernels_print(library: Path) -> None:
    assert script(library, "lib.print()").stdout == "thread 0\nthread 1\nthread 2\n"
