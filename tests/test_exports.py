"""`from module import *` gives the names of the template."""

from grader import exports

FILES = {
    "python/lib/__init__.py": b"""from . import ops
from .ops import *
from .core import Thing, _hidden
""",
    "python/lib/core.py": b"class Thing: ...\n",
    "python/lib/ops/__init__.py": b"from .math import *\n",
    "python/lib/ops/math.py": b"""import numpy as np
from ..core import Thing
def add(a, b): ...
_x = 1
""",
    "apps/app.py": b"""import sys
import lib as L
import os.path
LIMIT, REST = 1, 2
n: int = 3
def run(): ...
""",
}


def test_modules_are_found_below_the_roots_and_through_them():
    found = exports.modules(FILES, ["python", "apps"])
    assert found["lib"] == found["python.lib"] == "python/lib/__init__.py"
    assert found["lib.ops.math"] == "python/lib/ops/math.py"
    assert found["app"] == found["apps.app"] == "apps/app.py"
    assert len(found) == 10
    assert exports.top_levels(found) == {"lib", "app", "python", "apps"}


def test_what_is_no_name_is_not_importable():
    files = {"my-apps/a.py": b"", "my-apps/b-c.py": b"", "my-apps/notes.txt": b""}
    assert exports.modules(files, ["my-apps"]) == {"a": "my-apps/a.py"}


def test_a_module_inside_a_package_has_its_own_names():
    assert exports.exports(FILES, ["python"])["lib.ops"] == {
        "np": "numpy",
        "Thing": None,
        "add": None,
    }


def test_a_module_exports_its_functions_constants_and_imported_modules():
    assert exports.exports(FILES, ["apps"])["app"] == {
        "sys": "sys",
        "L": "lib",
        "os": "os",
        "LIMIT": None,
        "REST": None,
        "n": None,
        "run": None,
    }


def test_star_imports_are_followed_inside_the_package():
    assert exports.exports(FILES, ["python"])["lib"] == {
        "ops": None,
        "np": "numpy",
        "Thing": None,
        "add": None,
    }


def test_a_star_import_cycle_ends():
    files = {
        "p/a/__init__.py": b"from .b import *\nx = 1\n",
        "p/a/b.py": b"from . import *\ny = 2\n",
    }
    assert exports.exports(files, ["p"])["a"] == {"y": None, "x": None}


def test_functions_of_an_extension_module_are_those_that_the_template_binds() -> None:
    source = b"""
    PYBIND11_MODULE(extension, m) {
      m.def("one", &One);
      m.def(
          "two", [](int n) { return n; });
      // m.def("later", &Later);
      m.def("_hidden", &Hidden);
    }"""
    sources = {"src/extension": "src/extension.cpp"}
    made = exports.native_exports({"src/extension.cpp": source}, ["src"], sources)
    assert made["extension"] == {"one": None, "two": None}
