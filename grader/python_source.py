"""Solution blocks in Python: which lines are comments, what a block is part of, its stub."""

from __future__ import annotations

import ast
import bisect
import dataclasses
import functools
import io
import tokenize
import warnings
from collections.abc import Iterator, Sequence
from typing import Final

from grader.errors import MarkerError
from grader.markers import Span

_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
#: tokens that are no code
_BLANK = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
#: a file is asked about once for each of its blocks
_FILES: Final = 16


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Suite:
    """The statements that are indented under one header."""

    owner: ast.AST
    statements: Sequence[ast.stmt]
    #: names of the classes and functions around it
    names: tuple[str, ...]
    scope: ast.AST


def comments(path: str, text: str) -> set[int]:
    """Return the lines on which a comment starts."""
    _parse(path, text)
    return {token.start[0] for token in _tokens(text) if token.type == tokenize.COMMENT}


def name(path: str, text: str, span: Span) -> str:
    """Return the qualified name of the function that a block is in.

    Raises MarkerError unless the block holds whole statements of one suite of a function.
    """
    suite = _suite(path, text, span)
    for statement in suite.statements:
        if _is_inside(statement, span) and (statement.end_lineno or 0) > span.last_line:
            raise MarkerError(
                path,
                span.last_line,
                f"END cuts through the statement that begins on line {_start(statement)}",
            )
    _check_beginning(path, text, span)
    if not isinstance(suite.scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
        raise MarkerError(
            path,
            span.first_line,
            "this block is not in a function, so its stub would raise when the file is imported; "
            "write the signature outside the block",
        )
    return ".".join(suite.names)


def stub(_text: str, _span: Span, _name: str) -> tuple[str, ...]:
    """Return the lines that take the place of a block, without indentation."""
    return ("raise NotImplementedError()",)


def check(path: str, text: str) -> tuple[int, str] | None:
    """Return line and reason if the stripped `text` is not valid Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return getattr(error, "lineno", None) or 1, f"not valid Python once stripped: {error}"
    return None


@functools.lru_cache(maxsize=_FILES)
def _parse(path: str, text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise MarkerError(path, line, f"not valid Python: {error}") from error


@functools.lru_cache(maxsize=_FILES)
def _tokens(text: str) -> tuple[tokenize.TokenInfo, ...]:
    return tuple(tokenize.generate_tokens(io.StringIO(text).readline))


@functools.lru_cache(maxsize=_FILES)
def _code_lines(text: str) -> tuple[int, ...]:
    """Return the line of each token that is code, in order."""
    return tuple(token.start[0] for token in _tokens(text) if token.type not in _BLANK)


@functools.lru_cache(maxsize=_FILES)
def _all_suites(path: str, text: str) -> tuple[_Suite, ...]:
    tree = _parse(path, text)
    return tuple(_suites(tree, (), tree))


def _suite(path: str, text: str, span: Span) -> _Suite:
    """Return the suite whose statements a block holds."""
    holding = [
        suite
        for suite in _all_suites(path, text)
        if any(_is_inside(statement, span) for statement in suite.statements)
        and not _is_inside(suite.owner, span)
    ]
    if not holding:
        raise MarkerError(path, span.first_line, "this block holds no statement")
    if len(holding) > 1:
        raise MarkerError(
            path,
            span.first_line,
            "this block holds statements of different suites; END belongs before the line where "
            "the first of them ends",
        )
    return holding[0]


def _suites(node: ast.AST, names: tuple[str, ...], scope: ast.AST) -> Iterator[_Suite]:
    if isinstance(node, _Scope):
        names, scope = (*names, node.name), node
    for _, value in ast.iter_fields(node):
        children = value if isinstance(value, list) else [value]
        statements = [child for child in children if isinstance(child, ast.stmt)]
        if statements:
            yield _Suite(owner=node, statements=statements, names=names, scope=scope)
        for child in children:
            if isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
                yield from _suites(child, names, scope)


def _start(node: ast.AST) -> int:
    """Return the first line of a node; a decorated function begins with its decorators."""
    decorators = getattr(node, "decorator_list", [])
    return min(int(getattr(part, "lineno", 0)) for part in (node, *decorators))


def _is_inside(node: ast.AST, span: Span) -> bool:
    return span.first_line < _start(node) < span.last_line


@functools.lru_cache(maxsize=_FILES)
def _starts(path: str, text: str) -> frozenset[int]:
    """Return the lines on which a statement begins."""
    nodes = ast.walk(_parse(path, text))
    return frozenset(_start(node) for node in nodes if isinstance(node, ast.stmt))


def _check_beginning(path: str, text: str, span: Span) -> None:
    """Raise unless the first line of code in a block begins a statement, indented as the marker."""
    lines = _code_lines(text)
    first = lines[bisect.bisect_right(lines, span.first_line)]
    if first not in _starts(path, text):
        raise MarkerError(path, first, "the block begins in the middle of a statement")
    line = text.split("\n")[first - 1]
    if line[: len(line) - len(line.lstrip())] != span.indent:
        raise MarkerError(
            path, span.first_line, f"BEGIN is not indented like the code below it, line {first}"
        )
