"""`make bench`: measure everything, print a table, write build/bench.json.

Figures are compared with their bounds in the table, and decide nothing: a busy machine is no bug.
"""

from __future__ import annotations

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"  # one thread; has to be set before NumPy is imported
for _variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(_variable, None)  # NumPy's own choice is the faster one
os.environ["NEEDLE_BACKEND"] = "np"  # unless a measurement says otherwise

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import containers, grading, native, ndarray, nn_epoch, proxy, training

OUT = Path("build") / "bench.json"


def _bound(figure: dict[str, Any]) -> str:
    if "at_most" in figure:
        return f"at most {figure['at_most']:g}"
    return f"at least {figure['at_least']:g}" if "at_least" in figure else ""


def _holds(figure: dict[str, Any]) -> str:
    value = figure["value"]
    held = value <= figure.get("at_most", value) and value >= figure.get("at_least", value)
    return "yes" if held else "NO"


def main() -> None:
    """Run all measurements."""
    figures: dict[str, dict[str, Any]] = {}
    for module in (nn_epoch, training, native, ndarray, proxy, containers, grading):
        figures |= module.measure()
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    table = Table("figure", "value", "unit", "bound", "held")
    for name, figure in figures.items():
        table.add_row(name, f"{figure['value']:g}", figure["unit"], _bound(figure), _holds(figure))
    Console().print(table)


if __name__ == "__main__":
    main()
