"""Parts: regions of a reference that belong to one homework of several.

One reference serves all assignments of a course. What an assignment adds to a file of an earlier
one stands between `### BEGIN PART name` and `### END PART` (`///` in C++), where name is the name
of the assignment. A manifest lists the parts that its release keeps. The lines of all others go,
and so do all markers of parts, so that a template reads as if it had been written for its homework.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Container, Iterable, Iterator, Sequence

from grader.errors import MarkerError
from grader.markers import Span

#: upper case anywhere in a line: meant as a marker, or will be taken for one
_MENTION = re.compile(r"\b(BEGIN|END)[\s-]*PART\b")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Part:
    """A region of a file, by the lines of its markers."""

    name: str
    first_line: int
    last_line: int


def mentions(line: str) -> bool:
    """Tell whether a line looks like the marker of a part, damaged or not."""
    return _MENTION.search(line) is not None


def read(path: str, lines: Sequence[str], sign: str, comments: Container[int]) -> list[Part]:
    """Return the parts of a file, in order; raise MarkerError at the first damaged marker.

    Args:
        path: what errors call the file
        lines: its lines, without their ends
        sign: what comments begin with
        comments: the lines on which comments start
    """
    begin = re.compile(rf"[ \t]*{sign} BEGIN PART ([a-z][a-z0-9_-]*)")
    end = re.compile(rf"[ \t]*{sign} END PART")
    found: list[Part] = []
    opened: tuple[str, int] | None = None
    for number, line in enumerate(lines, start=1):
        if not mentions(line):
            continue
        begins = begin.fullmatch(line)
        if begins is None and end.fullmatch(line) is None:
            sentence = (
                f"`{line.strip()}` looks like the marker of a part and is none; write exactly "
                f"`{sign} BEGIN PART name` or `{sign} END PART`, alone on the line, or reword it"
            )
            raise MarkerError(path, number, sentence)
        if number not in comments:
            raise MarkerError(path, number, "the marker of a part inside a string; reword it")
        if begins is not None:
            if opened is not None:
                raise MarkerError(path, number, f"a part inside the one of line {opened[1]}")
            opened = (begins[1], number)
        elif opened is None:
            raise MarkerError(path, number, "END PART without a BEGIN PART")
        else:
            found.append(Part(name=opened[0], first_line=opened[1], last_line=number))
            opened = None
    if opened is not None:
        raise MarkerError(path, opened[1], f"this part has no end; write `{sign} END PART`")
    return found


def check_blocks(path: str, parts: Iterable[Part], spans: Collection[Span]) -> None:
    """Raise unless every solution block is wholly inside a part or wholly outside."""
    for part in parts:
        for line in (part.first_line, part.last_line):
            for span in spans:
                if span.first_line < line < span.last_line:
                    sentence = f"inside the solution block that begins on line {span.first_line}"
                    raise MarkerError(path, line, f"the marker of a part {sentence}")


def check_names(path: str, parts: Iterable[Part], known: Collection[str]) -> None:
    """Raise unless every part is called after one of the assignments `known`."""
    for part in parts:
        if part.name not in known:
            names = ", ".join(sorted(known))
            sentence = f"no assignment is called {part.name!r}; there are: {names}"
            raise MarkerError(path, part.first_line, sentence)


def dropped(parts: Iterable[Part], kept: Collection[str]) -> set[int]:
    """Return the numbers of the lines inside the parts that go, without their markers."""
    return {
        line
        for part in parts
        if part.name not in kept
        for line in range(part.first_line + 1, part.last_line)
    }


def cut(parts: Iterable[Part], kept: Collection[str]) -> set[int]:
    """Return the numbers of the lines that go when the parts of the names `kept` stay."""
    gone: set[int] = set()
    for part in parts:
        if part.name in kept:
            gone |= {part.first_line, part.last_line}
        else:
            gone.update(range(part.first_line, part.last_line + 1))
    return gone


def close_gaps(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield numbered lines without the blank ones that are too many once parts are gone.

    Two blank lines in a row stay, as between functions; none at the beginning and at the end.
    """
    blank: list[tuple[int, str]] = []
    started = False
    for line in lines:
        if line[1].strip():
            if started:
                yield from blank[:2]
            blank, started = [], True
            yield line
        else:
            blank.append(line)
    yield from blank[-1:]  # what follows the end of the last line
