"""Text as streams of tokens: what is code, what is prose, and where words stand.

Tokens are lower case and without white space, quotes, comment signs, commas and semicolons, so a
line of code is found again in a comment, on one line or over several, however it is spaced.
"""

from __future__ import annotations

import bisect
import dataclasses
import enum
import io
import keyword
import re
import tokenize
from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePosixPath

from grader import cpp_source
from grader.notebooks import spread

_TOKEN = re.compile(r"[^\W\d]\w*|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?|[^\w\s\"'`#,;\\]")
_COMMENT_SIGNS = re.compile(r"^\s*(?:#+|//+|/\*+|\*+/?)?!?|\*+/\s*$")
#: words that say nothing about what code does
_EMPTY_WORDS = {*(word.lower() for word in keyword.kwlist), "self", "cls"}
_OPERATORS = set("+-*/%<>&|^~!@")
NOTEBOOK = ".ipynb"
_CPP_SUFFIXES = {".cc", ".cpp", ".cxx", ".h", ".hpp", ".cu", ".cuh"}
#: separates files: occurs in no text
_BOUNDARY = "\x00"


class Kind(enum.Enum):
    """What a piece of text is."""

    #: a whole statement, the strings in it included
    CODE = enum.auto()
    #: a line of a comment, of a string, or of a text that is no code
    PROSE = enum.auto()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Piece:
    """Part of a file."""

    line: int
    last_line: int
    text: str
    kind: Kind


def tokens(text: str) -> list[str]:
    """Return the tokens of a text."""
    return _TOKEN.findall(text.lower())


def weight(words: Iterable[str]) -> int:
    """Return how much a token sequence says: names, numbers and operators, but no punctuation."""
    return sum(map(_counts, words))


def _counts(word: str) -> bool:
    is_name_or_number = word[0].isalnum() or word[0] == "_"
    return word in _OPERATORS or (is_name_or_number and word not in _EMPTY_WORDS)


# -- code and prose --------------------------------------------------------------------


def pieces(path: str, text: str) -> Iterator[Piece]:
    """Yield the statements of a file, and its comments and strings, in order.

    A string in a statement is part of it, and prose of its own too.
    """
    suffix = PurePosixPath(path).suffix
    if suffix == ".py":
        yield from _python_pieces(text)
    elif suffix in _CPP_SUFFIXES:
        yield from _cpp_pieces(text)
    elif suffix == NOTEBOOK:
        yield from _notebook_pieces(text)
    else:
        yield from _prose(text, 1)


def plain(path: str, text: str) -> str:
    """Return a text as it is read: of a notebook the strings, decoded, each line where it was."""
    if PurePosixPath(path).suffix != NOTEBOOK:
        return text
    return "\n".join(map(_decoded, spread.lines(text)))


def _decoded(line: str) -> str:
    return " ".join(spread.strings(line))


def _notebook_pieces(text: str) -> Iterator[Piece]:
    """Yield statements and comments of code cells; every string of the file as prose."""
    for first, source in spread.code(text):
        for piece in _python_pieces(source):
            line, last = piece.line + first - 1, piece.last_line + first - 1
            yield dataclasses.replace(piece, line=line, last_line=last)
    for number, raw in enumerate(spread.lines(text), start=1):
        for string in spread.strings(raw):
            yield from _prose_on(string, number)
            if re.search(r"[-_]", string) and " " not in string:  # an identifier, a tag, a key
                yield from _prose_on(re.sub(r"[-_]+", " ", string), number)


def _prose_on(string: str, line: int) -> Iterator[Piece]:
    for piece in _prose(string, line):
        yield dataclasses.replace(piece, line=line, last_line=line)


def _python_pieces(text: str) -> Iterator[Piece]:
    try:
        parts = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        yield from _prose(text, 1)
        return
    words: list[tokenize.TokenInfo] = []
    for part in parts:
        if part.type in (tokenize.NEWLINE, tokenize.ENDMARKER):
            if not all(map(_is_quoted, words)):
                yield Piece(
                    line=words[0].start[0],
                    last_line=words[-1].end[0],
                    text=" ".join(word.string for word in words),
                    kind=Kind.CODE,
                )
            words = []
        elif part.type == tokenize.COMMENT:
            yield from _prose(part.string, part.start[0])
        elif part.type not in (tokenize.NL, tokenize.INDENT, tokenize.DEDENT):
            words.append(part)
            if _is_quoted(part):
                yield from _prose(part.string, part.start[0])


def _is_quoted(part: tokenize.TokenInfo) -> bool:
    """Tell whether a token is a string or, from Python 3.12 on, part of a formatted one."""
    return tokenize.tok_name[part.type].startswith(("STRING", "FSTRING"))


def _cpp_pieces(text: str) -> Iterator[Piece]:
    words: list[cpp_source.Lexeme] = []
    for lexeme in cpp_source.lexemes(text):
        if lexeme.kind == "comment":
            yield from _prose(lexeme.text, lexeme.line)
        elif lexeme.kind == "directive" or lexeme.text in (";", "{", "}"):
            yield from _cpp_statement([*words, lexeme])
            words = []
        elif lexeme.kind != "space":
            words.append(lexeme)
            if lexeme.kind == "string":
                yield from _prose(lexeme.text, lexeme.line)
    yield from _cpp_statement(words)


def _cpp_statement(words: list[cpp_source.Lexeme]) -> Iterator[Piece]:
    if words:
        text = " ".join(word.text for word in words)
        first, last = words[0].line, words[-1].line
        yield Piece(line=first, last_line=last, text=text, kind=Kind.CODE)


def _prose(text: str, first: int) -> Iterator[Piece]:
    for number, line in enumerate(text.split("\n"), start=first):
        if bare := _COMMENT_SIGNS.sub("", line).strip():
            yield Piece(line=number, last_line=number, text=bare, kind=Kind.PROSE)


# -- search ----------------------------------------------------------------------------


class Haystack:
    """Text of many files that remembers where each part of it stands."""

    def __init__(self, joint: str, parts: Iterable[tuple[str, int, str]]) -> None:
        """Join `parts`, path, line and text of each, with `joint` between them."""
        self._joint = joint
        self._starts: list[int] = []
        self._places: list[tuple[str, int]] = []
        kept: list[str] = [""]
        length = len(joint)
        last = ""
        for path, line, text in parts:
            for part in ([_BOUNDARY] if path != last else []) + ([text] if text else []):
                self._starts.append(length)
                self._places.append((path, line))
                kept.append(part)
                length += len(part) + len(joint)
            last = path
        self.text = joint.join([*kept, ""])

    def __contains__(self, needle: str) -> bool:
        return f"{self._joint}{needle}{self._joint}" in self.text

    def find(self, needle: str) -> Iterator[tuple[str, int]]:
        """Yield path and line of every occurrence."""
        sought = f"{self._joint}{needle}{self._joint}"
        position = self.text.find(sought)
        while position >= 0:
            start = position + len(self._joint)
            yield self._places[bisect.bisect_right(self._starts, start) - 1]
            position = self.text.find(sought, position + 1)


#: no text at all
NOTHING = Haystack(" ", ())


def of_pieces(files: Iterable[tuple[str, str]], kinds: Collection[Kind]) -> Haystack:
    """Return the tokens of the pieces of some kinds, of files given by path and text."""
    return Haystack(
        " ",
        (
            (path, piece.line, " ".join(tokens(piece.text)))
            for path, text in files
            for piece in pieces(path, text)
            if piece.kind in kinds
        ),
    )


def whole_lines(files: Iterable[tuple[str, str]]) -> dict[str, list[tuple[str, int]]]:
    """Return where each line of prose stands, by its tokens."""
    found: dict[str, list[tuple[str, int]]] = {}
    for path, text in files:
        for piece in pieces(path, text):
            if piece.kind is Kind.PROSE:
                words = " ".join(tokens(piece.text))
                found.setdefault(words, []).append((path, piece.line))
    return found


def of_lines(files: Iterable[tuple[str, str]]) -> Haystack:
    """Return the tokens of all lines of files, whatever the lines are."""
    lines = _numbered(files)
    return Haystack(" ", ((path, number, " ".join(tokens(line))) for path, number, line in lines))


def of_characters(files: Iterable[tuple[str, str]]) -> Haystack:
    """Return the text of files without white space."""
    lines = _numbered(files)
    return Haystack("", ((path, number, "".join(line.split())) for path, number, line in lines))


def _numbered(files: Iterable[tuple[str, str]]) -> Iterator[tuple[str, int, str]]:
    for path, text in files:
        for number, line in enumerate(text.split("\n"), start=1):
            yield path, number, line
