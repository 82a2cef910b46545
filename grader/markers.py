"""Solution markers: the dialects, and the strict reader that pairs them.

A marker stands alone on its line, spelled exactly as in the table; only indentation may precede it
and nothing may follow, not even a space. A line that looks like a marker and is none is an error: a
reader that lets a damaged marker pass takes the code up to the next one for something else.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterable, Iterator, Sequence

from grader.errors import MarkerError

#: what is written after BEGIN and END
_SUBJECTS = ("YOUR SOLUTION", "YOUR CODE", "SOLUTION")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Dialect:
    """One pair of markers."""

    begin: str
    end: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Marker:
    """A BEGIN or an END in a file."""

    #: number of its line, from 1
    line: int
    indent: str
    dialect: Dialect
    is_begin: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Span:
    """A BEGIN and its END in a file, by line number."""

    first_line: int
    last_line: int
    indent: str


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
        or _is_alike(difflib.SequenceMatcher(None, words, phrase))
        for phrase in _PHRASES
    )


def _is_alike(matcher: difflib.SequenceMatcher[str]) -> bool:
    """Tell whether two texts are alike; what is quick to compute is never below what is not."""
    return (
        matcher.real_quick_ratio() >= _LIKENESS
        and matcher.quick_ratio() >= _LIKENESS
        and matcher.ratio() >= _LIKENESS
    )


_PHRASES = tuple(f"{word} {subject}" for word in ("BEGIN", "END") for subject in _SUBJECTS)
_LONGEST = 2 * max(map(len, _PHRASES))
#: a marker and nothing else, in any kind of text, a quoted line of a notebook included
_ALONE = re.compile(r"\W*(BEGIN|END) (YOUR )?(SOLUTION|CODE)\W*(\\n)?\W*")


def is_alone(line: str) -> bool:
    """Tell whether `line` is a marker in whatever language; a sentence about markers is not."""
    return _ALONE.fullmatch(line) is not None


def read(path: str, lines: Sequence[str], dialects: Sequence[Dialect]) -> list[Marker]:
    """Return the markers of a file, whose lines are without their ends.

    Raises MarkerError at the first line that looks like a marker and is none.
    """
    return [
        _exact(path, number, line, dialects)
        for number, line in enumerate(lines, start=1)
        if mentions(line)
    ]


def _exact(path: str, number: int, line: str, dialects: Sequence[Dialect]) -> Marker:
    text = line.lstrip(" \t")
    indent = line[: len(line) - len(text)]
    for dialect in dialects:
        if text in (dialect.begin, dialect.end):
            is_begin = text == dialect.begin
            return Marker(line=number, indent=indent, dialect=dialect, is_begin=is_begin)
    exact = [marker for dialect in dialects for marker in (dialect.begin, dialect.end)]
    meant = difflib.get_close_matches(line.strip().upper(), exact, n=1, cutoff=0.0)[0]
    if line.strip() == meant:
        raise MarkerError(path, number, f"white space around `{meant}`; delete what follows it")
    raise MarkerError(
        path,
        number,
        f"`{line.strip()}` looks like a solution marker and is none; "
        f"write exactly `{meant}`, alone on the line, or reword it",
    )


def pair(path: str, found: Iterable[Marker]) -> Iterator[Span]:
    """Yield the pairs of BEGIN and END; raise MarkerError at the first that is not in order."""
    begin: Marker | None = None
    for marker in found:
        if marker.is_begin:
            if begin is not None:
                raise _nested(path, begin, marker)
            begin = marker
        else:
            if begin is None:
                sentence = f"END without a BEGIN; write `{marker.dialect.begin}` where it begins"
                raise MarkerError(path, marker.line, sentence)
            yield _span(path, begin, marker)
            begin = None
    if begin is not None:
        sentence = f"this block has no end; write `{begin.dialect.end}` after its last line"
        raise MarkerError(path, begin.line, sentence)


def _nested(path: str, outer: Marker, inner: Marker) -> MarkerError:
    return MarkerError(
        path,
        inner.line,
        f"BEGIN inside the block that begins on line {outer.line}; blocks do not nest, "
        f"so `{outer.dialect.end}` is missing before this line",
    )


def _span(path: str, begin: Marker, end: Marker) -> Span:
    """Return the span between two markers, which have to agree."""
    if begin.dialect is not end.dialect:
        raise MarkerError(
            path,
            end.line,
            f"the block that begins on line {begin.line} with `{begin.dialect.begin}` ends with "
            f"`{end.dialect.end}`; write `{begin.dialect.end}`",
        )
    if begin.indent != end.indent:
        raise MarkerError(
            path,
            end.line,
            f"END is indented by {end.indent!r} and its BEGIN on line {begin.line} by "
            f"{begin.indent!r}; indent both alike",
        )
    return Span(first_line=begin.line, last_line=end.line, indent=begin.indent)
