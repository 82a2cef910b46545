"""Cuts solutions out of a file: what is between markers becomes a stub, the rest stays.

Parts of other homeworks are cut first, see `grader.parts`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from grader import cpp_source, markers, parts, python_source
from grader.errors import MarkerError
from grader.markers import Dialect, Marker, Span


@dataclasses.dataclass(frozen=True, kw_only=True)
class Block:
    """A solution block of the reference."""

    #: file, relative to the reference
    path: str
    #: lines of the two markers
    first_line: int
    last_line: int
    #: qualified name of the function around it
    name: str
    #: the lines between the markers; the first is line `first_line + 1`
    removed: tuple[str, ...]
    #: the lines that take their place
    stub: tuple[str, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stripped:
    """A file without its solutions."""

    content: bytes
    blocks: tuple[Block, ...]
    #: for each line, the one of the reference that it was; for a stub, the BEGIN above it.
    #: Empty if nothing was changed
    origins: tuple[int, ...] = ()
    #: the lines of the reference that are inside parts of other assignments
    dropped: frozenset[int] = frozenset()


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Language:
    """What the scanner needs to know of a language."""

    #: what the markers of parts begin with
    sign: str
    dialects: tuple[Dialect, ...]
    #: path, text -> lines on which comments start
    comments: Callable[[str, str], set[int]]
    #: path, text, span -> name of the function around a block
    name: Callable[[str, str, Span], str]
    #: text, span, name -> stub
    stub: Callable[[str, Span, str], tuple[str, ...]]
    #: path, stripped text -> line and reason, when something is wrong
    check: Callable[[str, str], tuple[int, str] | None]


_PYTHON = _Language(
    sign="###",
    dialects=markers.PYTHON,
    comments=python_source.comments,
    name=python_source.name,
    stub=python_source.stub,
    check=python_source.check,
)
_CPP = _Language(
    sign="///",
    dialects=markers.CPP,
    comments=cpp_source.comments,
    name=cpp_source.name,
    stub=cpp_source.stub,
    check=cpp_source.check,
)
_LANGUAGES = dict.fromkeys([".py"], _PYTHON) | dict.fromkeys(
    [".cc", ".cpp", ".cxx", ".h", ".hpp", ".cu", ".cuh"], _CPP
)


def strip(
    path: str,
    content: bytes,
    *,
    shown: str = "",
    kept_parts: Collection[str] = (),
    known_parts: Collection[str] | None = None,
) -> Stripped:
    """Return `content` with a stub in place of every solution; errors call the file `shown`.

    Markers of solutions stay, so that students see where their code belongs. Parts whose names are
    not in `kept_parts` go, and one whose name is not in `known_parts` is an error. A file without
    markers is returned as it is.
    """
    shown = shown or path
    language = _LANGUAGES.get(PurePosixPath(path).suffix)
    if language is None:
        _refuse_markers(shown, content)
        return Stripped(content=content, blocks=())
    text = _decode(shown, content)
    if not any(markers.mentions(line) or parts.mentions(line) for line in text.split("\n")):
        return Stripped(content=content, blocks=())
    newline = _newline(shown, text)
    lines = text.split(newline)
    found = markers.read(shown, lines, language.dialects)
    comments = language.comments(shown, text)
    _refuse_quoted(shown, found, comments)
    spans = list(markers.pair(shown, found))
    regions = parts.read(shown, lines, language.sign, comments)
    if known_parts is not None:
        parts.check_names(shown, regions, known_parts)
    parts.check_blocks(shown, regions, spans)
    gone = parts.cut(regions, kept_parts)
    blocks = tuple(
        _block(path, shown, text, lines, span, language)
        for span in spans
        if span.first_line not in gone
    )
    numbered = list(_without(lines, gone, blocks))
    if gone:
        numbered = list(parts.close_gaps(numbered))
    origins = tuple(number for number, _ in numbered)
    stripped = newline.join(line for _, line in numbered)
    if problem := language.check(shown, stripped):
        line, reason = problem
        raise MarkerError(shown, origins[min(line, len(origins)) - 1], reason)
    return Stripped(
        content=stripped.encode(),
        blocks=blocks,
        origins=origins,
        dropped=frozenset(parts.dropped(regions, kept_parts)),
    )


def _block(
    path: str, shown: str, text: str, lines: Sequence[str], span: Span, language: _Language
) -> Block:
    name = language.name(shown, text, span)
    return Block(
        path=path,
        first_line=span.first_line,
        last_line=span.last_line,
        name=name,
        removed=tuple(lines[span.first_line : span.last_line - 1]),
        stub=tuple(span.indent + line for line in language.stub(text, span, name)),
    )


def _without(
    lines: Sequence[str], gone: Container[int], blocks: Iterable[Block]
) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not gone, numbered, with every block's inside replaced."""
    position = 1
    for block in blocks:
        yield from _numbered(lines, position, block.first_line, gone)
        yield from ((block.first_line, line) for line in block.stub)
        position = block.last_line
    yield from _numbered(lines, position, len(lines), gone)


def _numbered(
    lines: Sequence[str], first: int, last: int, gone: Container[int]
) -> Iterator[tuple[int, str]]:
    return ((n, lines[n - 1]) for n in range(first, last + 1) if n not in gone)


def _decode(shown: str, content: bytes) -> str:
    if content.startswith(b"\xef\xbb\xbf"):
        raise MarkerError(shown, 1, "the file starts with a byte order mark; save it without one")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise MarkerError(shown, line, f"not UTF-8 text: {error.reason}") from error


def _newline(shown: str, text: str) -> str:
    """Return how the lines of a file end; raise unless all of them end alike."""
    newline = "\r\n" if "\r\n" in text.split("\n", 1)[0] + "\n" else "\n"
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        if line.endswith("\r") != (newline == "\r\n"):
            raise MarkerError(
                shown, number, f"mixed line ends: this one differs from line 1, {newline!r}"
            )
        if "\r" in line.removesuffix("\r"):
            raise MarkerError(shown, number, "a carriage return inside a line; remove it")
    return newline


def _refuse_quoted(shown: str, found: Iterable[Marker], comments: Container[int]) -> None:
    """Raise at the first marker that is not a comment."""
    for marker in found:
        if marker.line not in comments:
            sentence = "a solution marker inside a string; reword the string"
            raise MarkerError(shown, marker.line, sentence)


def _refuse_markers(shown: str, content: bytes) -> None:
    """Raise if a file of a kind that cannot be stripped has a marker."""
    for number, line in enumerate(content.decode("utf-8", "replace").split("\n"), start=1):
        if markers.is_alone(line):
            kinds = " ".join(sorted(_LANGUAGES))
            raise MarkerError(
                shown, number, f"a solution marker, but only these files are stripped: {kinds}"
            )
