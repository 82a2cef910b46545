"""Shared memory and barriers on the CPU: right code gives right values, wrong code shows."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kernel_kit import pointer, script, text


@pytest.fixture(scope="module")
def library(built: Any) -> Path:
    path: Path = built("barriers")
    return path


@pytest.fixture(scope="module")
def lib(library: Path) -> ctypes.CDLL:
    return ctypes.CDLL(str(library))


@pytest.mark.parametrize(("m", "n", "p"), [(8, 8, 8), (1, 1, 1), (17, 5, 30), (9, 33, 2)])
def test_tiled_matmul(lib: ctypes.CDLL, m: int, n: int, p: int) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((m, n), np.float32), rng.random((n, p), np.float32)
    out = np.empty((m, p), np.float32)
    lib.matmul(pointer(a), pointer(b), pointer(out), m, n, p)
    np.testing.assert_allclose(out, a @ b, rtol=1e-5)


def test_shared_memory_of_a_template_that_a_macro_declares(lib: ctypes.CDLL) -> None:
    a = np.random.default_rng(0).random((37, 37), np.float32)
    out = np.empty_like(a)
    lib.transpose(pointer(a), pointer(out), 37)
    np.testing.assert_array_equal(out, a.T)


def test_dynamic_shared_memory(lib: ctypes.CDLL) -> None:
    a, out = np.arange(1000, dtype=np.float32), np.empty(1, np.float32)
    lib.sum(pointer(a), pointer(out), ctypes.c_size_t(a.size))
    assert out[0] == a.sum()

    vectors = np.empty(50, np.float32)
    lib.aligned(pointer(vectors), vectors.size)
    np.testing.assert_array_equal(vectors, np.arange(50)[::-1] + 6)


def test_barriers_that_vote(lib: ctypes.CDLL) -> None:
    out = np.empty(10, np.float32)
    lib.vote(pointer(out), out.size)
    assert (out == 100 * 5 + 10 * 0 + 1).all()


def test_every_block_has_shared_memory_of_its_own(lib: ctypes.CDLL) -> None:
    out = np.empty(5, np.float32)
    lib.forgetful(pointer(out), out.size, True)
    assert (out == 32).all()
    lib.forgetful(pointer(out), out.size, False)
    assert np.isnan(out).all()


def test_a_missing_barrier_shows(library: Path, lib: ctypes.CDLL) -> None:
    a = np.arange(64, dtype=np.float32)
    right, wrong = a.copy(), a.copy()
    lib.reverse(pointer(right), True)
    lib.reverse(pointer(wrong), False)
    np.testing.assert_array_equal(right, a[::-1])
    assert np.isnan(wrong).any()


def test_the_order_of_threads_is_seeded(library: Path) -> None:
    code = """
a = np.arange(64, dtype=np.float32)
right, wrong = a.copy(), a.copy()
lib.reverse(pointer(right), True)
lib.reverse(pointer(wrong), False)
assert (right == a[::-1]).all()
print(np.isnan(wrong).astype(int))
"""
    first, again, other, none = (
        script(library, code, CUDA_EMULATION_ORDER=seed) for seed in ("1", "1", "2", "")
    )
    assert all(run.returncode == 0 for run in (first, again, other, none)), first.stderr
    assert first.stdout == again.stdout
    assert len({first.stdout, other.stdout, none.stdout}) == 3


def test_threads_may_end_before_a_barrier_as_on_gpus_since_volta(library: Path) -> None:
    code = """
out = np.zeros(64, np.float32)
print([text(lib.early_end, pointer(out), 64, 40), (out == 2).sum()])
"""
    run = script(library, code)
    assert run.stdout == "['', 40]\n" or run.stdout == "['', np.int64(40)]\n"
    assert "24 of 64 threads ended without reaching __syncthreads() in barriers.cu:" in run.stderr

    strict = script(library, code, CUDA_EMULATION_STRICT="1")
    assert "24 of 64 threads ended without reaching __syncthreads()" in strict.stdout
    again = script(library, code + code, CUDA_EMULATION_STRICT="1")
    assert again.stdout.count("24 of 64 threads ended") == 2


def test_barriers_that_threads_do_not_reach_together_are_told(lib: ctypes.CDLL) -> None:
    out = np.zeros(64, np.float32)
    said = text(lib.divergent, pointer(out))
    assert "kernel DivergentKernel, block (0, 0, 0), thread (0, 0, 0) waits at" in said
    assert "thread (32, 0, 0) at __syncthreads() in barriers.cu:" in said

    assert "a warp operation with mask 0xffffffff" in text(lib.stuck)


def test_a_kernel_runs_after_one_that_failed(lib: ctypes.CDLL) -> None:
    assert text(lib.stuck)
    test_tiled_matmul(lib, 17, 5, 30)
