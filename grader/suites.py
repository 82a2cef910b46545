"""Reads test files without importing them: which tests there are, where, and what they say."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader.errors import ManifestError

#: files and folders that running Python, tests or a build leaves behind
LEFTOVERS = {
    "__pycache__",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
    ".ipynb_checkpoints",
    ".DS_Store",
    ".git",
    "build",
}
#: kinds of files that building leaves behind
LEFTOVER_SUFFIXES = {".pyc", ".pyo", ".so", ".o", ".egg-info"}
#: what a class of tests may derive from
_PLAIN_BASES = {"object"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class TestFunction:
    """A test function as it is written; a parametrized one counts once."""

    __test__ = False

    #: `test_x`, or `TestGroup::test_x` for a method
    name: str
    line: int
    last_line: int
    #: the docstring, without indentation: what a student reads
    summary: str


def files(folder: Path) -> list[Path]:
    """Return the files below `folder`, sorted, without what running or building leaves behind."""
    return sorted(
        (path for path in folder.rglob("*") if path.is_file() and not _is_leftover(path, folder)),
        key=lambda path: path.relative_to(folder).as_posix(),
    )


def _is_leftover(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    return any(part in LEFTOVERS or Path(part).suffix in LEFTOVER_SUFFIXES for part in parts)


def test_files(folder: Path) -> list[Path]:
    """Return the files of a suite that pytest takes for test files, sorted."""
    return [path for path in files(folder) if is_test_file(path)]


def is_test_file(path: Path) -> bool:
    """Tell whether pytest collects `path` by its name."""
    is_named_test = path.name.startswith("test_") or path.stem.endswith("_test")
    return path.suffix == ".py" and is_named_test


def read(path: Path, shown: str) -> dict[str, TestFunction]:
    """Return the tests of a file by name; `shown` is what errors call the file."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise ManifestError(f"{shown}:{line}: not valid Python: {error}") from error
    found: dict[str, TestFunction] = {}
    for test in _tests(tree.body, "", shown):
        if earlier := found.get(test.name):
            raise ManifestError(
                f"{shown}:{test.line}: {test.name} is also defined on line {earlier.line}, and "
                "only the later one would run; rename one of them"
            )
        found[test.name] = test
    return found


def _tests(body: Iterable[ast.stmt], prefix: str, shown: str) -> Iterator[TestFunction]:
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name) if name.startswith("test"):
                yield _function(statement, prefix)
            case ast.AsyncFunctionDef(name=name) if name.startswith("test"):
                raise ManifestError(
                    f"{shown}:{statement.lineno}: {name} is a coroutine, which pytest does not "
                    "run; write a plain function"
                )
            case ast.ClassDef(name=name) if name.startswith("Test"):
                _check_class(statement, shown)
                yield from _tests(statement.body, f"{prefix}{name}::", shown)
            case ast.If() | ast.Try() | ast.With():
                yield from _tests(_nested(statement), prefix, shown)
            case _:
                _check_binding(statement, shown)


def _function(statement: ast.FunctionDef, prefix: str) -> TestFunction:
    docstring = ast.get_docstring(statement, clean=False)
    return TestFunction(
        name=prefix + statement.name,
        line=statement.lineno,
        last_line=statement.end_lineno or statement.lineno,
        summary=inspect.cleandoc(docstring or ""),
    )


def _nested(statement: ast.If | ast.Try | ast.With) -> Iterator[ast.stmt]:
    """Yield the statements of every branch."""
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, ast.ExceptHandler):
            yield from child.body


def _check_class(statement: ast.ClassDef, shown: str) -> None:
    """Refuse bases: methods that a class inherits are tests that this file does not show."""
    for base in statement.bases:
        if not (isinstance(base, ast.Name) and base.id in _PLAIN_BASES):
            raise ManifestError(
                f"{shown}:{statement.lineno}: {statement.name} derives from {ast.unparse(base)}; "
                "tests that are inherited cannot be given points, so write them out"
            )


def _check_binding(statement: ast.stmt, shown: str) -> None:
    """Refuse tests that are bound by assignment or import: nobody could say what they test."""
    names: list[str] = []
    match statement:
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            names = [alias.asname or alias.name for alias in aliases]
        case ast.Assign(targets=targets):
            names = [node.id for target in targets for node in _targets(target)]
    for name in names:
        if name.startswith("test_"):
            raise ManifestError(
                f"{shown}:{statement.lineno}: {name} is not written as a function here, so it "
                f"cannot have points; write `def {name}(...)`, or call it something else"
            )


def _targets(target: ast.expr) -> Iterator[ast.Name]:
    return (node for node in ast.walk(target) if isinstance(node, ast.Name))
