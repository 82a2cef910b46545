"""How fast NDArrays are on the CPU, in units of NumPy: products, element by element, reductions.

Both compute the same on the same numbers, with one thread, and take turns; every ratio is the
median over the turns. Both allocate what they return. The figures come from a process of its own:
variables that make OpenBLAS choose other kernels than it would by itself are taken out before NumPy
is imported. The backend has to be compiled (`make native`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

REFERENCE = Path(__file__).resolve().parent.parent / "reference_solution"
SIDE = 1024
SHAPES = {"1e6": (1000, 1000), "1e7": (2500, 4000)}
TURNS, RUNS = 11, 3
BOUNDS = {"matmul": 0.5, "elementwise": 0.8, "reduction": 0.8}
_SLOWING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")

Pair = tuple[Callable[[], Any], Callable[[], Any]]


def pairs() -> Iterator[tuple[str, str, Pair]]:
    """Yield kind, name, and what NDArray and NumPy do."""
    sys.path[:0] = [str(REFERENCE / "python")]
    import numpy as np
    from needle import backend_ndarray as nd

    random = np.random.default_rng(0)
    a, b = (random.standard_normal((SIDE, SIDE), dtype=np.float32) for _ in range(2))
    left, right = nd.array(a), nd.array(b)
    yield "matmul", f"matmul_{SIDE}", (lambda: left @ right, lambda: a @ b)
    for size, shape in SHAPES.items():
        x, y = (random.random(shape, dtype=np.float32) + 0.5 for _ in range(2))
        yield from _elementwise(size, x, y, nd.array(x), nd.array(y))
        yield from _reductions(size, x - 1, nd.array(x - 1))


def _elementwise(size: str, x: Any, y: Any, a: Any, b: Any) -> Iterator[tuple[str, str, Pair]]:
    import numpy as np

    functions: dict[str, Pair] = {
        "add": (lambda: a + b, lambda: x + y),
        "mul": (lambda: a * b, lambda: x * y),
        "div": (lambda: a / b, lambda: x / y),
        "maximum": (lambda: a.maximum(b), lambda: np.maximum(x, y)),
        "ge": (lambda: a >= b, lambda: (x >= y).astype(np.float32)),
        "add_scalar": (lambda: a + 2.0, lambda: x + 2.0),
        "mul_scalar": (lambda: a * 2.0, lambda: x * 2.0),
        "square": (lambda: a**2, lambda: x**2),
        "sqrt": (lambda: a**0.5, lambda: x**0.5),
        "exp": (a.exp, lambda: np.exp(x)),
        "log": (a.log, lambda: np.log(x)),
        "tanh": (a.tanh, lambda: np.tanh(x)),
    }
    for name, pair in functions.items():
        yield "elementwise", f"{name}_{size}", pair


def _reductions(size: str, x: Any, a: Any) -> Iterator[tuple[str, str, Pair]]:
    for name, axis in (("all", None), ("first_axis", 0), ("last_axis", 1)):
        yield "reduction", f"sum_{name}_{size}", (lambda k=axis: a.sum(k), lambda k=axis: x.sum(k))
        yield "reduction", f"max_{name}_{size}", (lambda k=axis: a.max(k), lambda k=axis: x.max(k))


def _seconds(function: Callable[[], Any]) -> float:
    """The shortest of a few runs: some take less than a slice of a busy processor."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def _figure(kind: str, pair: Pair) -> dict[str, Any]:
    for run in pair * 2:  # the first runs pay for memory that nobody has touched
        run()
    turns = [[_seconds(run) for run in pair] for _ in range(TURNS)]
    ours, numpys = (median(column) for column in zip(*turns, strict=True))
    return {
        "value": median(numpy / our for our, numpy in turns),
        "unit": "x",
        "nd_seconds": ours,
        "numpy_seconds": numpys,
        "at_least": BOUNDS[kind],
    }


def measure() -> dict[str, dict[str, Any]]:
    """The speed of NDArrays in units of NumPy's."""
    environment = {k: v for k, v in os.environ.items() if k not in _SLOWING}
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        environment[variable] = "1"
    environment["NEEDLE_BACKEND"] = "np"  # the package itself; NDArrays are imported by name
    command = [sys.executable, str(Path(__file__).resolve())]
    run = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    figures: dict[str, dict[str, Any]] = json.loads(run.stdout)
    return figures


def main() -> None:
    """Measure in this process; print the figures as JSON."""
    print(json.dumps({f"nd_{n}_vs_numpy": _figure(kind, p) for kind, n, p in pairs()}, indent=2))


if __name__ == "__main__":
    main()
