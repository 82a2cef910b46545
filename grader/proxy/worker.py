"""Entry point of the student's side: `python -I -B /grader/worker.py [--site DIR] [--sweep] ...`.

The files beside this one are imported as `grader.proxy.*`, without putting their folder on
`sys.path`, where their names could hide a student's module. One thread for linear algebra: a fork
copies one thread only.
"""

from __future__ import annotations

import gc
import itertools
import os
import sys
import types


def _make_package() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    for name, path in (("grader", []), ("grader.proxy", [here])):
        module = types.ModuleType(name)
        module.__path__ = path
        sys.modules[name] = module


def _add_packages(arguments: list[str]) -> None:
    """Put the folder of `--site DIR`, where the sandbox shows NumPy, on the path."""
    if "--site" in arguments:
        sys.path.append(arguments[arguments.index("--site") + 1])


def _set_variables(arguments: list[str]) -> None:
    """Set the variables of `--set NAME=VALUE`."""
    for flag, word in itertools.pairwise(arguments):
        if flag == "--set":
            name, _, value = word.partition("=")
            os.environ[name] = value


if __name__ == "__main__":
    gc.disable()  # until the first child is to be forked: what is imported is no garbage
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    _make_package()
    _add_packages(sys.argv)
    _set_variables(sys.argv)
    from grader.proxy import worker_hooks

    worker_hooks.keep_back()
    from grader.proxy import worker_fork

    worker_fork.main(sys.argv[1:])
