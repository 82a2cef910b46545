"""Launches as homework code writes them, compiled for the CPU and run."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from kernel_kit import pointer

from grader.native.launches import rewrite


@pytest.fixture(scope="module")
def lib(built: Any) -> ctypes.CDLL:
    return ctypes.CDLL(str(built("launches")))


@pytest.mark.parametrize("n", [1, 255, 256, 1000])
def test_every_thread_of_every_block_runs_once(lib: ctypes.CDLL, n: int) -> None:
    out = np.zeros(n, np.float32)
    lib.fill(pointer(out), ctypes.c_float(2.5), ctypes.c_size_t(n))
    assert (out == 2.5).all()


@pytest.mark.parametrize(
    ("which", "function"), list(enumerate([np.multiply, np.maximum, np.power]))
)
def test_macros_paste_the_names_of_kernels(lib: ctypes.CDLL, which: int, function: Any) -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.random(300, np.float32) + 0.5 for _ in range(2))
    out = np.empty_like(a)
    lib.binary(which, pointer(a), pointer(b), pointer(out), ctypes.c_size_t(a.size))
    np.testing.assert_allclose(out, function(a, b), rtol=1e-6)


@pytest.mark.parametrize("which", range(4))
def test_templates_functors_headers_and_pointers(lib: ctypes.CDLL, which: int) -> None:
    a = np.arange(200, dtype=np.float32)
    out = np.empty_like(a)
    lib.unary(which, pointer(a), pointer(out), ctypes.c_size_t(a.size))
    np.testing.assert_array_equal(out, 2 * a if which == 2 else a * a)


def test_functions_as_template_arguments_and_lambdas(lib: ctypes.CDLL) -> None:
    a = np.arange(70, dtype=np.float32)
    out = np.empty_like(a)
    lib.applied(pointer(a), pointer(out), ctypes.c_size_t(a.size))
    np.testing.assert_array_equal(out, 2 * a + 1 + 3)


def test_template_arguments_with_commas_and_comparisons(lib: ctypes.CDLL) -> None:
    out = np.empty(5, np.float32)
    lib.templated(pointer(out), ctypes.c_size_t(out.size))
    assert (out == 3 * 3 * 4).all()


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_three_dimensions_and_structs_by_value(lib: ctypes.CDLL, axes: tuple[int, ...]) -> None:
    a = np.random.default_rng(1).random((3, 5, 7), np.float32)
    view = a.transpose(axes)
    shape = np.array(view.shape, np.int32)
    strides = np.array(view.strides, np.int32) // a.itemsize
    out = np.empty(view.shape, np.float32)
    lib.strided(pointer(a), pointer(out), ctypes.c_size_t(a.size), pointer(shape), pointer(strides))
    np.testing.assert_array_equal(out, view)


def test_strings_stay_as_they_are(lib: ctypes.CDLL) -> None:
    lib.quoted.restype = ctypes.c_char_p
    assert lib.quoted() == b"Fill<<<1, 2>>>(x); __shared__ float y[3];"


@pytest.mark.parametrize(
    ("cuda", "cpp"),
    [
        ("K<<<g, b>>>(x);", "LAUNCH(K).on(g, b)(x);"),
        ("if (x) a::K<T><<<g, b>>>(x);", "if (x) LAUNCH(a::K<T>).on(g, b)(x);"),
        ("else K<<<g, b>>>();", "else LAUNCH(K).on(g, b)();"),
        ("K<A<B<C>>><<<1, D<E<F<int>>>(x)>>>(y)", "LAUNCH(K<A<B<C>>>).on(1, D<E<F<int>>>(x))(y)"),
        ("K<<<1, D<int>>>>(y)", "LAUNCH(K).on(1, D<int>)(y)"),
        ("(f ? K : L)<<<1, 2>>>()", "LAUNCH((f ? K : L)).on(1, 2)()"),
        ("this->kernels[i]<<<1, 2>>>()", "LAUNCH(this->kernels[i]).on(1, 2)()"),
        ("NAME(add, float)<<<1, 2>>>()", "LAUNCH(NAME(add, float)).on(1, 2)()"),
        ("x = a < b; K<<<1, 2>>>()", "x = a < b; LAUNCH(K).on(1, 2)()"),
        ("// K<<<1, 2>>>()\n/* K<<<1\n>>>() */", "// K<<<1, 2>>>()\n/* K<<<1\n>>>() */"),
        ('R"(K<<<1, 2>>>())" \'"\' K<<<1, 2>>>()', 'R"(K<<<1, 2>>>())" \'"\' LAUNCH(K).on(1, 2)()'),
        ("1'000; K<<<1'000, 2>>>()", "1'000; LAUNCH(K).on(1'000, 2)()"),
        ("cout << a << b >> c;", "cout << a << b >> c;"),
        (
            "#define RUN(k) \\\n  k##K<<<1, \\\n  2>>>()\nint x;",
            "#define RUN(k) \\\n  LAUNCH(k##K).on(1, \\\n  2)()\nint x;",
        ),
    ],
)
def test_rewrites_launches_and_nothing_else(cuda: str, cpp: str) -> None:
    assert rewrite(cuda).replace("CUDA_EMULATION_", "") == cpp


@pytest.mark.parametrize(
    ("cuda", "cpp"),
    [
        ("__shared__ T a[4];", "typedef T cuda_shared_a[4]; SHARED(cuda_shared_a, a)"),
        (
            "__shared__ A<B, 2> a[N][(M) + 1], b;",
            "typedef A<B, 2> cuda_shared_a[N][(M) + 1], cuda_shared_b;"
            " SHARED(cuda_shared_a, a) SHARED(cuda_shared_b, b)",
        ),
        ("static __shared__ int a;", " typedef int cuda_shared_a; SHARED(cuda_shared_a, a)"),
        (
            "#define S(n) __shared__ T n##_s[2];",
            "#define S(n) typedef T cuda_shared_##n##_s[2]; SHARED(cuda_shared_##n##_s, n##_s)",
        ),
        (
            "extern __shared__ T s[][8];",
            "  T (*const s)[8] = reinterpret_cast<T (*)[8]>(::cuda_emulation::dynamic_shared);",
        ),
        ("#define S __shared__\nint x;", "#define S __shared__\nint x;"),
    ],
)
def test_rewrites_shared_memory(cuda: str, cpp: str) -> None:
    assert rewrite(cuda).replace("CUDA_EMULATION_", "") == cpp
