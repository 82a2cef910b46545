"""What of a submission is not used and why, and what staff should look at.

A flag decides nothing: the files that raise one are left out anyway, or are what the course may
want to talk about.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from grader import sanitize
from grader.layout import Course

#: names in one sentence; the rest is a count
_NAMES = 6
#: what students add rarely has more; complete solutions are up to 35 files and 215 KiB
_EXTRA_FILES, _EXTRA_BYTES = 25, 200 << 10


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reason:
    """Why files are not used."""

    #: for the student, before the names
    notice: str
    #: for staff, before the names; empty when it is nothing to look at
    flag: str = ""


_HOOK = Reason(
    notice="Left out, because they would change how Python or pytest start",
    flag="start-up hooks or test configuration",
)
_COMPILED = Reason(
    notice="Left out, because only sources are used, never compiled files",
    flag="compiled files",
)
_STORED = Reason(
    notice="Left out, because results have to be computed, not stored",
    flag="stored weights or pickles",
)
_ARCHIVE = Reason(notice="Left out: archives in the archive are not opened")
_SHADOW = Reason(
    notice="Left out, because Python has modules of these names; rename yours",
    flag="modules named like those of Python, NumPy or pytest",
)
_ODD_NAME = Reason(
    notice="Left out, because their names cannot be imported; "
    "use letters, digits, - and _ without spaces"
)
_GIVEN = Reason(
    notice="Not used: tests and settings are the grader's own",
    flag="handed-out tests or settings were changed",
)
_TESTS = Reason(notice="Not used: the grader runs its own tests")
OTHER = Reason(notice="Not used, because they are no part of this assignment")

_SUFFIXES = {
    **dict.fromkeys((".a", ".dll", ".dylib", ".exe", ".lib", ".o", ".obj", ".so"), _COMPILED),
    **dict.fromkeys((".cubin", ".fatbin", ".ptx", ".pyc", ".pyd", ".pyo", ".whl"), _COMPILED),
    **dict.fromkeys((".bin", ".ckpt", ".h5", ".hdf5", ".npy", ".npz", ".onnx", ".pt"), _STORED),
    **dict.fromkeys((".joblib", ".pickle", ".pkl", ".safetensors"), _STORED),
    **dict.fromkeys((".7z", ".bz2", ".rar", ".tar", ".tgz", ".xz", ".zip"), _ARCHIVE),
    ".pth": _HOOK,
}
_HOOKS = {
    "conftest.py",
    "pyproject.toml",
    "pytest.ini",
    "setup.cfg",
    "sitecustomize.py",
    "tox.ini",
    "usercustomize.py",
}
#: what the trusted side or its tests are made of
_OURS = {"_pytest", "grader", "numpy", "pluggy", "pytest", "wire", "worker"}
_PLAIN_NAME = re.compile(r"(?![-.])[A-Za-z0-9._-]+")
#: changing these is part of nobody's homework
_SETTINGS = {".py", ".ini", ".toml", ".cfg"}

_FRAMEWORKS = {
    "autograd",
    "jax",
    "jaxlib",
    "keras",
    "micrograd",
    "mxnet",
    "paddle",
    "tensorflow",
    "theano",
    "tinygrad",
    "torch",
}
#: bytes of a file that are searched for imports, and how many modules are told
_SEARCHED, _TOLD = 256 << 10, 100
# possessive: no line makes it go back and forth
_IMPORT = re.compile(
    rb"^[ \t]*+(?:from[ \t]++(?P<source>[A-Za-z_]\w*+)[\w.]*+[ \t]++import\b"
    rb"|import[ \t]++(?P<name>[A-Za-z_]\w*+))",
    re.MULTILINE,
)


def reason_against(
    path: str, content: bytes | None, course: Course, roots: Sequence[str]
) -> Reason | None:
    """Return why a file of a submission is not used; None when it is, or was handed out so."""
    name = PurePosixPath(path).name
    if content is not None and _same_text(content, course.template.get(path)):
        return None
    if reason := _SUFFIXES.get(PurePosixPath(path).suffix.lower()):
        return reason
    if course.accepts(path):
        return _reason_against_source(path, name, course, roots)
    if path in course.template:
        return _GIVEN if PurePosixPath(path).suffix in _SETTINGS else OTHER
    if name in _HOOKS:
        return _HOOK
    is_test = "tests" in path.split("/")[:-1] or name.startswith("test_")
    return _TESTS if is_test and name.endswith(".py") else OTHER


def _reason_against_source(
    path: str, name: str, course: Course, roots: Sequence[str]
) -> Reason | None:
    if path in course.template:
        return None
    if name in _HOOKS:
        return _HOOK
    if not all(_PLAIN_NAME.fullmatch(part) for part in path.split("/")):
        return _ODD_NAME
    module = _top_module(path, roots)
    if module in sys.stdlib_module_names or module in _OURS:
        return _SHADOW
    return None


def _same_text(content: bytes, other: bytes | None) -> bool:
    """Compare contents; an editor on another system may have changed the line ends."""
    if other is None:
        return False
    return content.replace(b"\r\n", b"\n") == other.replace(b"\r\n", b"\n")


def _top_module(path: str, roots: Sequence[str]) -> str | None:
    """Return the module by which a path starts to be imported, if it can be."""
    for root in sorted(roots, key=len, reverse=True):
        if root == "." or path.startswith(f"{root}/"):
            first = path.removeprefix(f"{root}/").partition("/")[0]
            return first.removesuffix(".py")
    return None


def listing(names: Collection[str]) -> str:
    """Return the names in a sentence: the first few, then how many more there are."""
    shown = [sanitize.name(name, 80) for name in sorted(names)[:_NAMES]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


# -- what is used ----------------------------------------------------------------------


def flags(used: Mapping[str, bytes], course: Course, roots: Sequence[str]) -> Iterator[str]:
    """Yield what staff should know about the files that are used."""
    extra = {path: content for path, content in used.items() if path not in course.files}
    known = {_top_module(path, roots) for path in course.files}
    code = [path for path in extra if path.endswith(".py")]
    packages = {_package(path, roots) for path in code} - {None}
    if new := [name for name in packages if name and PurePosixPath(name).name not in known]:
        yield f"new top-level packages: {listing(new)}"
    size = sum(map(len, extra.values()))
    if len(extra) > _EXTRA_FILES or size > _EXTRA_BYTES:
        yield f"{len(extra)} files of {size >> 10} KiB that were not handed out: {listing(extra)}"
    if carried := [path for path in extra if _is_named_like_framework(path, course)]:
        yield f"files named like a framework: {listing(carried)}"
    if imported := [place for place, name in imports(used, course) if name in _FRAMEWORKS]:
        yield f"imports of a framework: {listing(imported)}"


def _package(path: str, roots: Sequence[str]) -> str | None:
    """Return the folder of a path that is a top-level package below a root."""
    for root in roots:
        inside = path.removeprefix(f"{root}/")
        if inside != path and "/" in inside:
            return f"{root}/{inside.partition('/')[0]}"
    return None


def _is_named_like_framework(path: str, course: Course) -> bool:
    """Tell whether a file or a folder around it is; needle has an autograd.py of its own."""
    *folders, name = path.split("/")
    own = {PurePosixPath(known).name for known in course.files}
    stem = name.removesuffix(".py")
    return bool(_FRAMEWORKS.intersection(folders)) or (stem in _FRAMEWORKS and name not in own)


def imports(used: Mapping[str, bytes], course: Course) -> list[tuple[str, str]]:
    """Return modules that are imported and nowhere to be seen: `file:line name`, and the name.

    Found by reading, not by parsing: hostile source can take down a parser.
    """
    own = {part for path in used for part in PurePosixPath(path).with_suffix("").parts}
    handed_out = {name for path in course.files for _, name in _imported(course.template[path])}
    known = own | handed_out | set(sys.stdlib_module_names) | {"numpy"}
    first: dict[str, str] = {}
    for path, content in sorted(used.items()):
        for line, name in _imported(content) if path.endswith(".py") else ():
            if name not in known and len(first) < _TOLD:
                first.setdefault(name, f"{path}:{line} {name}")
    return [(place, name) for name, place in first.items()]


def _imported(content: bytes) -> Iterator[tuple[int, str]]:
    """Yield line number and first name of every absolute import."""
    line, position = 1, 0
    content = content[:_SEARCHED]
    for match in _IMPORT.finditer(content):
        line += content.count(b"\n", position, match.start())
        position = match.start()
        yield line, (match["source"] or match["name"]).decode("ascii", "replace")


def unreadable(used: Mapping[str, bytes]) -> list[str]:
    """Return the Python files that Python will not read."""
    return [p for p, content in used.items() if p.endswith(".py") and not _is_source(content)]


def _is_source(content: bytes) -> bool:
    if b"\x00" in content:
        return False
    if b"coding" in b"".join(content.split(b"\n", 2)[:2]):
        return True  # says itself what it is
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
