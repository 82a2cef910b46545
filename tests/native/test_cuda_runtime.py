"""The runtime's calls: the errors that CUDA gives, and what it does not check."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kernel_kit import pointer, script, text


@pytest.fixture(scope="module")
def library(built: Any) -> Path:
    path: Path = built("runtime_calls")
    return path


@pytest.fixture(scope="module")
def lib(library: Path) -> ctypes.CDLL:
    return ctypes.CDLL(str(library))


@pytest.mark.parametrize(
    ("grid", "block", "shared", "error"),
    [
        ((1, 1, 1), (1024, 1, 1), 0, "cudaSuccess"),
        ((70000, 1, 1), (1, 1, 1), 48 << 10, "cudaSuccess"),
        ((1, 1, 1), (1025, 1, 1), 0, "cudaErrorInvalidConfiguration"),
        ((1, 1, 1), (64, 32, 1), 0, "cudaErrorInvalidConfiguration"),
        ((1, 1, 1), (1, 1, 65), 0, "cudaErrorInvalidConfiguration"),
        ((0, 1, 1), (32, 1, 1), 0, "cudaErrorInvalidConfiguration"),
        ((1, 1, 1), (0, 1, 1), 0, "cudaErrorInvalidConfiguration"),
        ((1, 65536, 1), (1, 1, 1), 0, "cudaErrorInvalidConfiguration"),
        ((1, 1, 65536), (1, 1, 1), 0, "cudaErrorInvalidConfiguration"),
        ((1, 1, 1), (1, 1, 1), (48 << 10) + 1, "cudaErrorInvalidValue"),
    ],
)
def test_a_launch_that_no_gpu_accepts_does_not_run(
    lib: ctypes.CDLL, grid: Any, block: Any, shared: int, error: str
) -> None:
    g, b = np.array(grid, np.uint32), np.array(block, np.uint32)
    out = np.full(1, -1, np.float32)
    said = text(lib.launch_error, pointer(g), pointer(b), ctypes.c_size_t(shared), pointer(out))
    assert said == error
    assert out[0] == (7 if error == "cudaSuccess" else 0)


@pytest.mark.parametrize(
    ("which", "error"),
    [
        (0, "invalid argument"),  # beyond the allocation
        (1, "invalid argument"),  # from its middle, beyond it
        (2, "invalid argument"),  # freed
        (3, "invalid argument"),  # not the device's
        (4, "invalid argument"),  # not the host's
        (5, "invalid argument"),  # freed twice
        (6, "invalid argument"),  # never allocated
        (7, "out of memory"),
        (8, "invalid device ordinal"),
        (9, "no error"),
    ],
)
def test_memory_that_is_not_there(lib: ctypes.CDLL, which: int, error: str) -> None:
    assert text(lib.copy_error, which) == error


def test_new_memory_is_full_of_nan(lib: ctypes.CDLL) -> None:
    out = np.zeros(100, np.float32)
    lib.fresh(pointer(out), out.size)
    assert np.isnan(out).all()


def test_managed_memory_is_for_both(lib: ctypes.CDLL) -> None:
    out = np.zeros(1, np.float32)
    lib.managed(pointer(out))
    assert out[0] == 8


def test_the_device_says_that_it_is_emulated(lib: ctypes.CDLL) -> None:
    threads, shared = ctypes.c_int(), ctypes.c_size_t()
    name = text(lib.device_name, ctypes.byref(threads), ctypes.byref(shared))
    assert name == "CUDA emulated on the CPU"
    assert (threads.value, shared.value) == (1024, 48 << 10)


def test_events_take_the_time(lib: ctypes.CDLL) -> None:
    lib.elapsed.restype = ctypes.c_float
    assert 0 < lib.elapsed() < 10_000


def test_says_on_standard_error_why_a_launch_does_not_run(library: Path) -> None:
    code = """
g, b = np.array([1, 1, 1], np.uint32), np.array([64, 32, 1], np.uint32)
text(lib.launch_error, pointer(g), pointer(b), ctypes.c_size_t(0), pointer(np.zeros(1, np.float32)))
"""
    assert (
        "kernel Nothing does not run: a block of 2048 threads, at most 1024"
        in script(library, code).stderr
    )


def test_does_not_flood_standard_error(library: Path) -> None:
    code = """
g, b = np.array([1, 1, 1], np.uint32), np.array([64, 32, 1], np.uint32)
for i in range(1000):
    lib.launch_error(pointer(g), pointer(b), ctypes.c_size_t(0), pointer(np.zeros(1, np.float32)))
"""
    assert len(script(library, code).stderr.splitlines()) == 21


def test_leaks_are_told_when_asked(library: Path) -> None:
    code = "lib.fresh(pointer(np.zeros(4, np.float32)), 4); lib.leak()"
    assert "never freed" not in script(library, code).stderr
    run = script(library, code, CUDA_EMULATION_LEAKS="1")
    assert "1 allocations of 40 bytes were never freed" in run.stderr
