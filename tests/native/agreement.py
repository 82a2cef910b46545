"""Run by test_cuda_agreement: does the CUDA backend agree with the one in NumPy on every function?

Prints a line for each case: its name, and by how much the results differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ndarray_backend_cuda as cuda  # type: ignore[import-not-found]
import ndarray_backend_numpy as numpy_backend  # type: ignore[import-not-found]
import numpy as np

SIZES = [1, 31, 256, 1000, 70000]
Case = tuple[str, Callable[[Any], Any]]


def upload(backend: Any, array: np.ndarray) -> Any:
    """Return a backend's array with the elements of a NumPy array."""
    out = backend.Array(array.size)
    backend.from_numpy(np.ascontiguousarray(array, np.float32), out)
    return out


def elementwise(rng: np.random.Generator) -> Iterator[Case]:
    """Every function of elements, on one block, on several, on more than one pass."""
    for size in SIZES:
        x = rng.standard_normal(size).astype(np.float32)
        y = np.where(rng.random(size) < 0.3, x, rng.standard_normal(size)).astype(np.float32)
        for name in ("add", "mul", "div", "maximum", "eq", "ge"):

            def binary(backend: Any, name: str = name, x: Any = x, y: Any = y) -> Any:
                out = backend.Array(x.size)
                getattr(backend, f"ewise_{name}")(upload(backend, x), upload(backend, y), out)
                return out

            yield f"ewise_{name} {size}", binary
        for name in ("add", "mul", "div", "power", "maximum", "eq", "ge"):

            def scalar(backend: Any, name: str = name, x: Any = x) -> Any:
                out = backend.Array(x.size)
                value = 2.0 if name == "power" else float(x[0])
                getattr(backend, f"scalar_{name}")(upload(backend, x), value, out)
                return out

            yield f"scalar_{name} {size}", scalar
        for name in ("log", "exp", "tanh"):

            def unary(backend: Any, name: str = name, x: Any = x) -> Any:
                out = backend.Array(x.size)
                getattr(backend, f"ewise_{name}")(upload(backend, abs(x) + 0.1), out)
                return out

            yield f"ewise_{name} {size}", unary


def views(rng: np.random.Generator) -> Iterator[Case]:
    """Copies from and into views: transposed, sliced, flipped, broadcast."""
    base = rng.standard_normal((5, 40, 37)).astype(np.float32)
    for name, view in {
        "all": base,
        "transposed": base.transpose(2, 0, 1),
        "reversed axes": base.T,
        "sliced": base[1:4, ::3, 2:30:2],
        "flipped": base[::-1, :, ::-1],
        "broadcast": np.broadcast_to(base[:, :1, :], base.shape),
        "scalar": base[2, 3, 4, ...],
    }.items():
        view = np.asarray(view)
        start = view.__array_interface__["data"][0] - base.__array_interface__["data"][0]
        offset = start // base.itemsize
        strides = [stride // base.itemsize for stride in view.strides]
        shape = list(view.shape)

        def compact(
            backend: Any, args: Any = (shape, strides, offset), size: int = view.size
        ) -> Any:
            out = backend.Array(size)
            backend.compact(upload(backend, base), out, *args)
            return out

        yield f"compact {name}", compact
        if name == "broadcast":
            continue
        values = rng.standard_normal(view.size).astype(np.float32)

        def setitem(
            backend: Any, args: Any = (shape, strides, offset), values: Any = values
        ) -> Any:
            out = upload(backend, base)
            backend.ewise_setitem(upload(backend, values), out, *args)
            return out

        def scalar(
            backend: Any, args: Any = (shape, strides, offset), size: int = view.size
        ) -> Any:
            out = upload(backend, base)
            backend.scalar_setitem(size, 1.5, out, *args)
            return out

        yield f"ewise_setitem {name}", setitem
        yield f"scalar_setitem {name}", scalar


def products_and_reductions(rng: np.random.Generator) -> Iterator[Case]:
    """Sizes that no tile divides, and blocks to reduce that are longer than a block of threads."""
    for m, n, p in [(1, 1, 1), (8, 8, 8), (33, 7, 65), (70, 129, 5), (128, 64, 96)]:
        a = rng.standard_normal((m, n)).astype(np.float32)
        b = rng.standard_normal((n, p)).astype(np.float32)

        def matmul(backend: Any, a: Any = a, b: Any = b, sizes: Any = (m, n, p)) -> Any:
            out = backend.Array(sizes[0] * sizes[2])
            backend.matmul(upload(backend, a), upload(backend, b), out, *sizes)
            return out

        yield f"matmul {m} {n} {p}", matmul
    for blocks, length in [(1, 1), (7, 3), (3, 257), (1, 70000), (5000, 4)]:
        a = rng.standard_normal(blocks * length).astype(np.float32)
        for name in ("reduce_sum", "reduce_max"):

            def reduce(backend: Any, name: str = name, a: Any = a, length: int = length) -> Any:
                out = backend.Array(a.size // length)
                getattr(backend, name)(upload(backend, a), out, length)
                return out

            yield f"{name} {blocks} {length}", reduce


def difference(case: Callable[[Any], Any]) -> float:
    """Return the largest difference, relative to 1 and to the value."""
    results = []
    for backend in (cuda, numpy_backend):
        out = case(backend)
        results.append(np.array(backend.to_numpy(out, [out.size], [1], 0)))
    actual, expected = results
    return float(np.max(np.abs(actual - expected) / (1 + np.abs(expected))))


if __name__ == "__main__":
    for kind in (elementwise, views, products_and_reductions):
        for name, case in kind(np.random.default_rng(0)):
            print(f"{name}\t{difference(case)}")
