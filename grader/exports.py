"""What `from module import *` gives a test: the names that the template defines, and no others.

With the student's own names allowed, `abs = lambda x: 0` in a submission would change what a test
computes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

#: exported name -> None for an attribute of the student's module, or the module it stands for
Names = dict[str, str | None]


def modules(files: Iterable[str], roots: Iterable[str]) -> dict[str, str]:
    """Return the importable modules below `roots`: dotted name -> path of its file.

    A root is importable too, as a package without `__init__.py`, since tests run in the folder that
    holds it: `apps.simple_ml` is `simple_ml`, imported once more.
    """
    found: dict[str, str] = {}
    paths = sorted(files)
    for root in roots:
        for path in paths:
            if path.startswith(f"{root}/") and path.endswith(".py"):
                name = _dotted(path.removeprefix(f"{root}/"))
                found.setdefault(name, path)
                found.setdefault(f"{_dotted(root)}.{name}", path)
    return {name: path for name, path in found.items() if _is_importable(name)}


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _is_importable(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))


def top_levels(names: Iterable[str]) -> frozenset[str]:
    """Return the first parts of dotted names."""
    return frozenset(name.split(".")[0] for name in names)


def imported(source: bytes) -> set[str]:
    """Return the modules that a file imports absolutely; none when it does not parse."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def exports(files: Mapping[str, bytes], roots: Iterable[str]) -> dict[str, Names]:
    """Return the star-import names of every module below `roots`."""
    return {name: _names(files, path) for name, path in modules(files, roots).items()}


def native_exports(
    files: Mapping[str, bytes], roots: Iterable[str], sources: Mapping[str, str]
) -> dict[str, Names]:
    """Return the star-import names of extension modules: the functions that their sources bind.

    Args:
        files: the template
        roots: its folders on the import path
        sources: module, as a path without extension -> path of its source
    """
    named = {f"{module}.py": source for module, source in sources.items()}
    return {
        name: dict.fromkeys(_bindings(files.get(named[path], b"")))
        for name, path in modules(named, roots).items()
    }


def _bindings(source: bytes) -> list[str]:
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", source.decode(errors="replace"), flags=re.DOTALL)
    return re.findall(r'\bm\s*\.\s*def\s*\(\s*"([A-Za-z]\w*)"', text)


def _names(files: Mapping[str, bytes], path: str, seen: frozenset[str] = frozenset()) -> Names:
    names: Names = {}
    for statement in ast.parse(files[path]).body:
        for name, module in _bound(files, path, statement, seen | {path}):
            if not name.startswith("_"):
                names[name] = module
    return names


def _bound(
    files: Mapping[str, bytes], path: str, statement: ast.stmt, seen: frozenset[str]
) -> Iterator[tuple[str, str | None]]:
    """Yield the names that one top-level statement binds."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name, None
        case ast.Assign(targets=targets):
            for node in (n for target in targets for n in ast.walk(target)):
                if isinstance(node, ast.Name):
                    yield node.id, None
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name, None
        case ast.Import(names=aliases):
            for alias in aliases:
                yield (
                    alias.asname or alias.name.split(".")[0],
                    (alias.name if alias.asname else alias.name.split(".")[0]),
                )
        case ast.ImportFrom(names=aliases):
            yield from _imported(files, path, statement, aliases, seen)
        case ast.Try(body=body):
            for inner in body:
                yield from _bound(files, path, inner, seen)


def _imported(
    files: Mapping[str, bytes],
    path: str,
    statement: ast.ImportFrom,
    aliases: list[ast.alias],
    seen: frozenset[str],
) -> Iterator[tuple[str, str | None]]:
    for alias in aliases:
        if alias.name != "*":
            yield alias.asname or alias.name, None
        elif (target := _relative(files, path, statement)) is not None and target not in seen:
            yield from _names(files, target, seen).items()


def _relative(files: Mapping[str, bytes], path: str, statement: ast.ImportFrom) -> str | None:
    """Return the file that `from .module import *` reads, if it is one of `files`."""
    if not statement.level:
        return None
    folder = path.split("/")[: -statement.level]
    stem = "/".join([*folder, *(statement.module or "").split(".")]).rstrip("/")
    return next((p for p in (f"{stem}.py", f"{stem}/__init__.py") if p in files), None)
