"""Stand-ins for Matplotlib and IPython in the sandbox, where nobody looks at plots.

Every name of them can be called, indexed, assigned to and computed with, and does nothing. What
notebooks take apart has as many parts as in Matplotlib.
"""

from __future__ import annotations

#: the modules that are stood in for
MODULES = ("IPython", "matplotlib", "mpl_toolkits")
#: path below the submission -> content
FILES = {
    "matplotlib/__init__.py": b'''"""Stands in for Matplotlib: the grader draws no plots."""

import importlib.abc
import importlib.machinery
import sys
import types


#: function -> how many parts its result has; 2 unless it is here
PARTS = dict.fromkeys(["fill", "loglog", "plot", "semilogx", "semilogy", "step"], 1)
PARTS |= {"hist": 3, "pie": 3, "hist2d": 4}
#: functions that tell numbers
NUMBERS = dict.fromkeys(["get_xlim", "get_ylim", "xlim", "ylim"], (0.0, 1.0))
NUMBERS["axis"] = (0.0, 1.0, 0.0, 1.0)


class Nothing:
    """Does nothing, whatever it is asked."""

    def __init__(self, name="", parts=2):
        self._name = name
        self._parts = parts

    def __call__(self, *args, **keywords):
        if self._name == "subplots":
            return subplots(*args, **keywords)[1]
        if self._name in NUMBERS:
            return NUMBERS[self._name]
        return Nothing(parts=PARTS.get(self._name, 2))

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing(name)

    def __float__(self):
        return 0.0

    def _computed(self, *_others):
        return Nothing()

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _computed
    __truediv__ = __rtruediv__ = __neg__ = _computed

    def __getitem__(self, _key):
        return Nothing()

    def __setitem__(self, _key, _value):
        pass

    def __iter__(self):
        return iter([Nothing() for _ in range(self._parts)])

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
        if name in ("pyplot", "pylab"):  # from matplotlib import pyplot
            return importlib.import_module(f"{self.__name__}.{name}")
        return subplots if name == "subplots" else Nothing(name)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("matplotlib.", "mpl_toolkits.", "IPython.")):
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
    "mpl_toolkits/__init__.py": b'''"""Stands in for what comes with Matplotlib."""

from matplotlib import __getattr__ as __getattr__
''',
}
