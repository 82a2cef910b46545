"""How tests hand arrays to the functions of a library."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np


def pointer(array: np.ndarray[Any, Any]) -> ctypes.c_void_p:
    """Return the address of an array's elements."""
    assert array.flags.c_contiguous
    return ctypes.c_void_p(array.ctypes.data)


def text(function: Any, *arguments: Any) -> str:
    """Return the string that a function of a library returns."""
    function.restype = ctypes.c_char_p
    return str(function(*arguments).decode())


def script(library: Path, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run code with a library in a process of its own: for variables and standard error."""
    head = f"""
import ctypes, numpy as np
lib = ctypes.CDLL({str(library)!r})
def pointer(array): return ctypes.c_void_p(array.ctypes.data)
def text(function, *arguments):
    function.restype = ctypes.c_char_p
    return function(*arguments).decode()
"""
    return subprocess.run(
        [sys.executable, "-c", head + code],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )
