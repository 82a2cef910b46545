"""Solution blocks in C++ and CUDA: which lines are comments, what a block is part of, its stub.

There is no parser here, only a lexer and a count of braces: enough for code that compiles.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from grader.errors import MarkerError
from grader.markers import Span

INCLUDE = "#include <stdexcept>"

_LEXEME = re.compile(
    r"""
      (?P<directive> ^[^\S\n]*\#(?:\\\r?\n|[^\n])* )
    | (?P<comment>   //(?:\\\r?\n|[^\n])* | /\*.*?\*/ )
    | (?P<string>    R"(?P<fence>[^()\\\s]{0,16})\(.*?\)(?P=fence)"
                   | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
    | (?P<word>      \w+ )
    | (?P<space>     \s+ )
    | (?P<sign>      . )
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
#: what an opening brace can stand after without opening a function
_STATEMENTS = {"if", "for", "while", "switch", "catch"}
_CLASS = re.compile(r"(?:template\s*<.*>\s*)?(?:class|struct|union)\s+(?P<name>\w+)")
_FUNCTION = re.compile(r"(?P<name>[\w:~]+)\s*\(")
_ON_GPU = re.compile(r"\b__(?:global|device)__\b")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lexeme:
    """A word, sign, string, comment, directive or white space of a text."""

    kind: str
    text: str
    line: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Scope:
    """What an opening brace opened."""

    #: namespace, class, function or inner
    kind: str
    name: str = ""
    #: the text before the brace
    header: str = ""


def comments(_path: str, text: str) -> set[int]:
    """Return the lines on which a comment to the end of the line starts."""
    return {
        lexeme.line
        for lexeme in lexemes(text)
        if lexeme.kind == "comment" and lexeme.text.startswith("//")
    }


def name(path: str, text: str, span: Span) -> str:
    """Return the qualified name of the function that a block is in, or "" outside of functions.

    Raises MarkerError unless the block holds whole statements.
    """
    scopes, pending = _scopes(text, span.first_line)
    if pending:
        raise MarkerError(
            path, span.first_line, f"the block begins in the middle of a statement: `{pending}`"
        )
    inside = [
        lexeme
        for lexeme in lexemes(text)
        if span.first_line < lexeme.line < span.last_line
        and lexeme.kind not in ("comment", "space")
    ]
    _check_whole(path, span, inside)
    function = _function(scopes)
    if function is None:
        return ""
    if not inside:
        raise MarkerError(path, span.first_line, "this block holds no statement")
    classes = [scope.name for scope in scopes if scope.kind == "class"]
    return "::".join([*classes, function.name])


def stub(text: str, span: Span, name: str) -> tuple[str, ...]:
    """Return the lines that take the place of a block, without indentation.

    Outside of functions that is nothing. Code on a GPU cannot throw; it stops its kernel.
    """
    if not name:
        return ()
    function = _function(_scopes(text, span.first_line)[0])
    if function is not None and _ON_GPU.search(function.header):
        return ("__trap();  // not implemented",)
    return (f'throw std::runtime_error("{name}: not implemented");',)


def check(_path: str, text: str) -> tuple[int, str] | None:
    """Return line and reason if the stripped `text` throws what it does not include."""
    directives = [lexeme for lexeme in lexemes(text) if lexeme.kind == "directive"]
    includes = [d for d in directives if re.match(r"\s*#\s*include\b", d.text)]
    if "throw std::runtime_error(" not in text or any("<stdexcept>" in i.text for i in includes):
        return None
    line = includes[-1].line + 1 if includes else 1
    return line, f"stubs throw std::runtime_error; add `{INCLUDE}` here, outside the blocks"


def lexemes(text: str) -> Iterator[Lexeme]:
    """Yield the parts of a text, each with the line that it starts on."""
    line = 1
    for match in _LEXEME.finditer(text):
        yield Lexeme(kind=str(match.lastgroup), text=match[0], line=line)
        line += match[0].count("\n")


def _scopes(text: str, line: int) -> tuple[list[_Scope], str]:
    """Return what is open at the start of `line`, and the part of a statement before it."""
    scopes: list[_Scope] = []
    pending: list[str] = []
    for lexeme in lexemes(text):
        if lexeme.line >= line:
            break
        if lexeme.kind in ("directive", "comment"):
            continue
        if lexeme.text == "{":
            scopes.append(_opened("".join(pending).strip(), scopes))
            pending.clear()
        elif lexeme.text == "}" or (lexeme.text == ";" and _is_closed(pending)):
            if lexeme.text == "}" and scopes:
                scopes.pop()
            pending.clear()
        else:
            pending.append(lexeme.text)
    rest = re.sub(r"\b(?:public|private|protected|default|case\b[^:]*)\s*:", "", "".join(pending))
    return scopes, " ".join(rest.split())


def _is_closed(pending: list[str]) -> bool:
    """Tell whether a semicolon ends a statement; those of `for (;;)` do not."""
    return pending.count("(") == pending.count(")")


def _opened(header: str, around: list[_Scope]) -> _Scope:
    if _function(around) is not None:
        return _Scope(kind="inner")
    if match := _CLASS.match(header):
        return _Scope(kind="class", name=match["name"])
    match = _FUNCTION.search(header)
    if match and match["name"] not in _STATEMENTS:
        return _Scope(kind="function", name=match["name"], header=header)
    return _Scope(kind="namespace")


def _function(scopes: list[_Scope]) -> _Scope | None:
    return next((scope for scope in scopes if scope.kind == "function"), None)


def _check_whole(path: str, span: Span, inside: list[Lexeme]) -> None:
    """Raise unless brackets pair up in a block and its last statement ends."""
    depth = 0
    for lexeme in inside:
        depth += (lexeme.text in "([{") - (lexeme.text in ")]}") if lexeme.kind == "sign" else 0
        if depth < 0:
            raise MarkerError(
                path, lexeme.line, f"`{lexeme.text}` closes what is outside the block"
            )
    if depth:
        raise MarkerError(path, span.last_line, "the block ends before its brackets are closed")
    if inside and inside[-1].kind != "directive" and inside[-1].text not in (";", "}"):
        raise MarkerError(path, inside[-1].line, "END cuts through a statement")
