"""Solution markers: the dialects, and a strict scanner that pairs them.

A marker stands alone on its line, spelled exactly as in the table; only indentation may precede it
and nothing may follow, not even a space. A line that looks like a marker and is none is an error: a
scanner that lets a damaged marker pass takes the code up to the next one for something else.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Collection, Iterator, Sequence

from grader.errors import MarkerError

#: what is written after BEGIN and END
_SUBJECTS = ("YOUR SOLUTION", "YOUR CODE", "SOLUTION")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Dialect:
    """One pair of markers."""

    begin: str
    end: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Span:
    """A pair of markers in a file, by line number from 1."""

    first_line: int
    last_line: int
    indent: str
    dialect: Dialect


def _dialects(sign: str) -> tuple[Dialect, ...]:
    return tuple(
        Dialect(begin=f"{sign} BEGIN {subject}", end=f"{sign} END {subject}")
        for subject in _SUBJECTS
    )


PYTHON = _dialects("###")
CPP = _dialects("///")

#: upper case anywhere in a line, quoted or not: meant as a marker, or will be taken for one
_MENTION = re.compile(r"\b(BEGIN|END)[\s-]*(YOUR[\s-]*)?(SOLUTION|CODE)")
#: any comment sign, then something; the sign may be glued to the word
_COMMENT = re.compile(r'^\s*(?:#+|/{2,}|/\*+|\*|--+|%+|;+|<!--|"""|\'\'\')\s*(?P<text>\S.*)$')
#: how alike the words of a comment and of a marker are when one was probably meant as the other
_LIKENESS = 0.84


def mentions(line: str) -> bool:
    """Tell whether `line` looks like a marker of any dialect, damaged or not."""
    if _MENTION.search(line):
        return True
    comment = _COMMENT.match(line)
    return comment is not None and _is_like_marker(comment["text"])


def _is_like_marker(comment: str) -> bool:
    """Tell whether a comment reads like a marker: other case, other spacing, a letter wrong."""
    words = " ".join(re.findall(r"[A-Z]+", comment.upper()))
    if len(words) > _LONGEST:
        return False
    return any(
        words.replace(" ", "") == phrase.replace(" ", "")
        or difflib.SequenceMatcher(None, words, phrase).ratio() >= _LIKENESS
        for phrase in _PHRASES
    )


_PHRASES = tuple(f"{word} {subject}" for word in ("BEGIN", "END") for subject in _SUBJECTS)
_LONGEST = 2 * max(map(len, _PHRASES))
#: a marker and nothing else, in any kind of text, a quoted line of a notebook included
_ALONE = re.compile(r"\W*(BEGIN|END) (YOUR )?(SOLUTION|CODE)\W*(\\n)?\W*")


def is_alone(line: str) -> bool:
    """Tell whether `line` is a marker in whatever language; a sentence about markers is not."""
    return _ALONE.fullmatch(line) is not None


def scan(
    path: str,
    lines: Sequence[str],
    dialects: Sequence[Dialect],
    comments: Callable[[], Collection[int]],
) -> Iterator[Span]:
    """Yield the marker pairs of a file, `lines` being without their ends.

    `comments` returns the numbers of the lines on which a comment starts: a marker anywhere else is
    in a string. Raises MarkerError at the first line that is not in order.
    """
    opened: tuple[int, str, Dialect] | None = None
    for number, line in enumerate(lines, start=1):
        if not mentions(line):
            continue
        dialect, is_begin = _exact(path, number, line, dialects)
        if number not in comments():
            raise MarkerError(path, number, "a solution marker inside a string; reword the string")
        indent = line[: len(line) - len(line.lstrip())]
        if is_begin:
            if opened is not None:
                raise MarkerError(
                    path,
                    number,
                    f"BEGIN inside the block that begins on line {opened[0]}; blocks do not nest, "
                    f"so `{opened[2].end}` is missing before this line",
                )
            opened = (number, indent, dialect)
            continue
        if opened is None:
            raise MarkerError(
                path, number, f"END without a BEGIN; write `{dialect.begin}` where the block begins"
            )
        yield _pair(path, opened, (number, indent, dialect))
        opened = None
    if opened is not None:
        raise MarkerError(
            path, opened[0], f"this block has no end; write `{opened[2].end}` after its last line"
        )


def _exact(path: str, number: int, line: str, dialects: Sequence[Dialect]) -> tuple[Dialect, bool]:
    """Return the dialect of a marker line, and whether it is a BEGIN."""
    for dialect in dialects:
        for marker, is_begin in ((dialect.begin, True), (dialect.end, False)):
            if line.lstrip(" \t") == marker:
                return dialect, is_begin
    markers = [marker for dialect in dialects for marker in (dialect.begin, dialect.end)]
    meant = difflib.get_close_matches(line.strip(), markers, n=1, cutoff=0.0)[0]
    if line.strip() == meant:
        raise MarkerError(path, number, f"white space around `{meant}`; delete what follows it")
    raise MarkerError(
        path,
        number,
        f"`{line.strip()}` looks like a solution marker and is none; "
        f"write exactly `{meant}`, alone on the line, or reword it",
    )


def _pair(path: str, begin: tuple[int, str, Dialect], end: tuple[int, str, Dialect]) -> Span:
    """Return the span between two markers that have to agree."""
    first, indent, dialect = begin
    last, end_indent, end_dialect = end
    if dialect is not end_dialect:
        raise MarkerError(
            path,
            last,
            f"the block that begins on line {first} with `{dialect.begin}` ends with "
            f"`{end_dialect.end}`; write `{dialect.end}`",
        )
    if indent != end_indent:
        raise MarkerError(
            path,
            last,
            f"END is indented by {end_indent!r} and its BEGIN on line {first} by {indent!r}; "
            "indent both alike",
        )
    return Span(first_line=first, last_line=last, indent=indent, dialect=dialect)
