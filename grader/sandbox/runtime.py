"""The Python that runs on the student's side: the interpreter, NumPy, and nothing else.

What is not there cannot be imported: not the grader, not PyTorch, not the tests. So the packages
beside the interpreter are hidden, and the ones a student may use are mounted one by one at `SITE`.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader.errors import SandboxUnavailable
from grader.sandbox.base import Mount

#: where packages are mounted; the worker puts it on its path
SITE = "/opt/site-packages"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Runtime:
    """How to start Python in a sandbox."""

    #: the interpreter
    python: str
    #: what has to be mounted for the packages
    mounts: tuple[Mount, ...]
    #: the folder to put on `sys.path`
    site: str


def runtime_mounts(packages: Iterable[str] = ("numpy",)) -> Runtime:
    """Return the interpreter and the mounts that give it `packages`."""
    mounts = tuple(mount for package in packages for mount in _package(package))
    return Runtime(python=python(), mounts=mounts, site=SITE)


def python() -> str:
    """Return the interpreter behind the virtual environment, at its real path."""
    return os.path.realpath(sys.executable)


def folders() -> tuple[Path, ...]:
    """Return the libraries of the interpreter, where they are not the system's."""
    names = dict.fromkeys(("lib", sys.platlibdir))
    found = (Path(sys.base_prefix).resolve() / name for name in names)
    return tuple(path for path in found if path.is_dir() and not path.is_symlink())


def package_folders() -> tuple[Path, ...]:
    """Return every folder of installed packages that the interpreter's libraries contain."""
    roots = dict.fromkeys([*folders(), Path("/usr/lib"), Path("/usr/lib64")])
    found = {path for root in roots for path in _installed(root)}
    return tuple(sorted(found))


def _installed(root: Path) -> Iterator[Path]:
    for pattern in ("python*/site-packages", "python*/dist-packages"):
        yield from (path for path in root.glob(pattern) if path.is_dir() and not path.is_symlink())


def _package(name: str) -> Iterator[Mount]:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise SandboxUnavailable(
            f"package {name} is not installed for {sys.executable}, and student code needs it: "
            f"run `{sys.executable} -m pip install {name}`"
        )
    folder = Path(spec.submodule_search_locations[0]).resolve()
    yield Mount(source=folder, target=f"{SITE}/{name}")
    # the shared libraries that a wheel brings are beside the package
    libraries = folder.with_name(f"{name}.libs")
    if libraries.is_dir():
        yield Mount(source=libraries, target=f"{SITE}/{libraries.name}")
