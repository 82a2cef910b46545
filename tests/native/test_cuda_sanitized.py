"""AddressSanitizer: accesses out of bounds are told with kernel, block, thread and line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kernel_kit import script

from grader.native import sanitized
from grader.native.errors import BuildError

PLACE = re.compile(
    r"kernel (?P<kernel>\S+), block \((?P<block>\d+), 0, 0\), thread \((?P<thread>\d+), 0, 0\): "
    r"out of bounds: (?P<access>.*) in out_of_bounds.cu:(?P<line>\d+)(:\d+)?: (?P<memory>.*)"
)
LOCAL = "a local variable's end"


@pytest.fixture(scope="module")
def library(built: Any) -> Path:
    try:
        sanitized.environment()
    except BuildError as error:
        pytest.skip(str(error))
    path: Path = built("out_of_bounds", sanitize=True)
    return path


@pytest.fixture(scope="module")
def said(library: Path) -> list[str]:
    """Return what each case failed with, all in one process."""
    code = "for case in range(7): print(text(lib.out_of_bounds, case, pointer(np.ones(32, 'f'))))"
    run = script(library, code, **sanitized.environment())
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def test_what_is_in_bounds_runs(said: list[str]) -> None:
    assert said[0] == ""


@pytest.mark.parametrize(
    ("case", "kernel", "block", "thread", "access", "memory"),
    [
        (1, "AddOne", 2, 0, "reads 4 bytes", "byte 128 of device memory of 128 bytes"),
        (2, "Before", 0, 0, "reads 4 bytes", "4 bytes before device memory of 128 bytes"),
        (3, "Tile<float>", 0, 0, "writes 4 bytes", "byte 64 of `tile`, shared memory of 64 bytes"),
        (
            4,
            "Dynamic",
            0,
            7,
            "reads 4 bytes",
            "byte 32 of `extern __shared__`, shared memory of 32 bytes",
        ),
        (5, "Local", 0, 0, "writes 4 bytes", LOCAL),
        (6, "AddOne", 0, 0, "reads 4 bytes", "no memory of the device (freed, or the host's)"),
    ],
)
def test_an_access_out_of_bounds(
    said: list[str], case: int, kernel: str, block: int, thread: int, access: str, memory: str
) -> None:
    match = PLACE.fullmatch(said[case])
    assert match, said[case]
    assert match["kernel"] == kernel
    assert (int(match["block"]), int(match["thread"])) == (block, thread)
    assert match["access"] == access
    # clang knows the name of the variable, too
    assert match["memory"].replace("byte 16 of `values`, a variable of 16 bytes", LOCAL) == memory


def test_a_wild_pointer_is_told_by_its_own_report(library: Path) -> None:
    code = "text(lib.out_of_bounds, 7, pointer(np.ones(32, 'f')))"
    run = script(library, code, **sanitized.environment())
    assert run.returncode != 0
    assert "AddressSanitizer: SEGV" in run.stderr
    assert "in kernel AddOne, block (0, 0, 0), thread (0, 0, 0)" in run.stderr


def test_the_host_must_not_touch_device_memory(library: Path) -> None:
    run = script(library, "lib.on_the_host()", **sanitized.environment())
    assert run.returncode != 0
    said = "the host reads byte 12 of device memory of 64 bytes in out_of_bounds.cu:"
    assert said in run.stderr


def test_runs_a_command_with_the_libraries_loaded(library: Path) -> None:
    tool = Path(sanitized.__file__).parent / "build.py"
    code = "import os; print(os.environ['LD_PRELOAD'])"
    command = [sys.executable, str(tool), "--run-sanitized", sys.executable, "-c", code]
    assert "asan" in subprocess.run(command, capture_output=True, text=True).stdout
