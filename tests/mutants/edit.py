"""A mistake, and how it gets into a copy of the reference."""

from __future__ import annotations

import ast
import dataclasses
import textwrap
from collections.abc import Sequence
from pathlib import Path


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mutant:
    """The reference with the body of one function replaced, as a student might have written it."""

    name: str
    #: relative to the reference
    file: str
    #: `function`, or `Class.method`
    where: str
    body: str
    #: the hidden test file that has to catch it
    caught_by: str

    def apply(self, package: Path) -> None:
        """Make the mistake in `package`, a copy of the reference."""
        path = package / self.file
        path.write_text(replaced(path.read_text(), self.where, self.body))


def replaced(source: str, where: str, body: str) -> str:
    """Return `source` with another body for the function `where`; its docstring stays."""
    function = _find(ast.parse(source).body, where)
    has_docstring = ast.get_docstring(function, clean=False) is not None
    lines = source.splitlines(keepends=True)
    first = function.body[0]
    start = first.end_lineno if has_docstring else first.lineno - 1
    assert start is not None
    indented = textwrap.indent(textwrap.dedent(body).strip("\n"), " " * first.col_offset)
    return "".join([*lines[:start], indented, "\n", *lines[function.end_lineno :]])


def _find(statements: Sequence[ast.stmt], where: str) -> ast.FunctionDef:
    name, _, rest = where.partition(".")
    for statement in statements:
        if getattr(statement, "name", None) != name:
            continue
        if isinstance(statement, ast.ClassDef) and rest:
            return _find(statement.body, rest)
        if isinstance(statement, ast.FunctionDef) and not rest:
            return statement
    raise LookupError(f"the reference has no {where}")
