"""Packages with backends for the CPU and CUDA in Python, so that nothing has to be compiled."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests import suites_kit
from tests.mutants import hw3

BACKEND = suites_kit.ROOT / "tests" / "mutants" / "python_backend.py"

#: appended to a backend: C++ does not take the memory of another device, either
_STRICT = """

def _strict(function):
    def checked(*arguments):
        for each in arguments:
            if hasattr(each, "array") and type(each) is not Array:
                raise TypeError("memory of another device")
        return function(*arguments)

    return checked


for _name, _value in list(globals().items()):
    if type(_value) is type(_strict) and not _name.startswith("_"):
        globals()[_name] = _strict(_value)
"""


def add(package: Path) -> Path:
    """Put backends in Python into a package."""
    folder = package / hw3.PACKAGE
    for device in ("cpu", "cuda"):
        shutil.copyfile(BACKEND, folder / f"ndarray_backend_{device}.py")
    for device in ("cpu", "cuda", "numpy"):
        with (folder / f"ndarray_backend_{device}.py").open("a") as file:
            file.write(_STRICT)
    return package


def copied(folder: Path) -> Path:
    """Return a copy of the reference whose backends are in Python."""
    return add(suites_kit.copied(folder))
