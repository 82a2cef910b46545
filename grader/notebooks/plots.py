"""Stand-ins for Matplotlib and IPython in the sandbox, where nobody looks at plots.

Every name of them can be called, indexed and assigned to, and does nothing.
"""

from __future__ import annotations

#: the modules that are stood in for
MODULES = ("IPython", "matplotlib")
#: path below the submission -> content
FILES = {
    "matplotlib/__init__.py": b'''"""Stands in for Matplotlib: the grader draws no plots."""

import importlib.abc
import importlib.machinery
import sys
import types


class Nothing:
    """Does nothing, whatever it is asked."""

    def __call__(self, *_args, **_keywords):
        return Nothing()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()

    def __getitem__(self, _key):
        return Nothing()

    def __setitem__(self, _key, _value):
        pass

    def __iter__(self):
        return iter((Nothing(), Nothing()))

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        return False


def subplots(nrows=1, ncols=1, *, squeeze=True, **_keywords):
    """Return a figure and axes in the shape in which Matplotlib returns them."""
    import numpy

    axes = numpy.empty((nrows, ncols), dtype=object)
    for place in numpy.ndindex(nrows, ncols):
        axes[place] = Nothing()
    if squeeze:
        axes = axes.item() if axes.size == 1 else axes.squeeze()
    return Nothing(), axes


class _Module(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return subplots if name == "subplots" else Nothing()


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("matplotlib.", "IPython.")):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return _Module(spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.insert(0, _Finder())
__getattr__ = _Module("matplotlib").__getattr__
''',
    "IPython/__init__.py": b'''"""Stands in for IPython: nothing is displayed."""

from matplotlib import __getattr__ as __getattr__
''',
}
