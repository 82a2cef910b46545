"""The package as a whole: names, silence at import, another name, a student's modules within."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import needle as ndl
import pytest

PACKAGE = Path(ndl.__file__).parent

NAMES = [
    "Op",
    "Tensor",
    "Value",
    "TensorOp",
    "TensorTuple",
    "TensorTupleOp",
    "NDArray",
    "array_api",
    "BACKEND",
    "cpu",
    "cuda",
    "all_devices",
    "init",
    "ops",
    "autograd",
    "ones",
    "zeros",
    "ones_like",
    "zeros_like",
    "EWiseAdd",
    "AddScalar",
    "EWiseMul",
    "MulScalar",
    "EWisePow",
    "PowerScalar",
    "EWiseDiv",
    "DivScalar",
    "Transpose",
    "Reshape",
    "BroadcastTo",
    "Summation",
    "MatMul",
    "Negate",
    "Log",
    "Exp",
    "ReLU",
    "add",
    "add_scalar",
    "multiply",
    "mul_scalar",
    "power",
    "power_scalar",
    "divide",
    "divide_scalar",
    "transpose",
    "reshape",
    "broadcast_to",
    "summation",
    "matmul",
    "negate",
    "log",
    "exp",
    "relu",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_callers_rely_on(name: str) -> None:
    assert hasattr(ndl, name)


def run(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_package_works_under_another_name_next_to_a_student_s(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "_reference" / "needle")
    (tmp_path / "needle.py").write_text("raise SystemExit('the reference imported needle')")
    script = """
from _reference import needle
x = needle.Tensor([2.0])
(x * x / 3 + x).sum().backward()
print(x.grad.numpy() * 3, needle.make_tuple(x)[0] is x, needle.init.ones(1))
"""
    result = run(tmp_path, script)
    assert (result.stdout, result.stderr) == ("[7.] True [1.]\n", "")


AUTOGRAD_AS_HANDED_OUT_BY_THE_COURSE = """
import needle
from needle import init
"""


def test_a_student_s_autograd_that_imports_needle_fits_in(tmp_path: Path) -> None:
    package = shutil.copytree(PACKAGE, tmp_path / "needle")
    autograd = package / "autograd.py"
    ours = autograd.read_text()
    start = ours.index("if TYPE_CHECKING:")
    end = ours.index("\n\n", start)
    ours = ours[:start] + AUTOGRAD_AS_HANDED_OUT_BY_THE_COURSE + ours[end:]
    for name in ("ops", "init"):
        ours = ours.replace(f" {name}.", f" needle.{name}.")
    autograd.write_text(ours)
    result = run(
        tmp_path, "import needle as ndl; x = ndl.Tensor([2.0]); (x * x).backward(); print(x.grad)"
    )
    assert (result.stdout, result.stderr) == ("[4.]\n", "")
