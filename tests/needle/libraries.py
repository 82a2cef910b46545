"""Needle a second time: the library that computes with its own arrays."""

from __future__ import annotations

import importlib.util
import os
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import backends
import needle

PACKAGE = Path(needle.__file__).parent
DEVICES = ("cpu", "cuda", "cpu_numpy")


@cache
def ndarray_library() -> ModuleType:
    """Needle with NEEDLE_BACKEND=nd, under a name of its own beside the one with NumPy.

    The two share `backend_ndarray`, which depends on nothing, because an extension module can be
    loaded only once.
    """
    name = "needle_nd"
    spec = importlib.util.spec_from_file_location(
        name, PACKAGE / "__init__.py", submodule_search_locations=[str(PACKAGE)]
    )
    assert spec is not None
    assert spec.loader is not None
    library = sys.modules[name] = importlib.util.module_from_spec(spec)
    sys.modules[f"{name}.backend_ndarray"] = backends.ndarrays()
    with patch.dict(os.environ, NEEDLE_BACKEND="nd"):
        spec.loader.exec_module(library)
    return library
