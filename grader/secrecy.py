"""What a release must not say: the solution, and the hidden tests.

A secret is every statement and comment between markers, every statement, comment and docstring in
a part that belongs to another assignment, and every one of the hidden suite, unless

* it is handed out anyway: the same tokens are code (for the solution, code that is not a test; for
  the hidden suite, any code, and for its docstrings those of the public suite, as students read the
  docstrings of the hidden tests that they fail), or
* it says too little. A statement counts from a weight on (`texts.weight`: names, numbers and
  operators) that is low in prose, where nobody spells code by accident, and high in code, where
  short idioms meet by accident. A comment counts from a number of words on.

A statement is a secret without its `return` or `name =`, and by the line, too, from a higher weight
on; and from a lower weight on where it is all that a line of prose says.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from grader import suites, texts
from grader.manifest import Assignment
from grader.release import Release
from grader.texts import NOTHING, Haystack, Kind, Piece

#: least weight of a statement of the solution that is sought in prose
_SOLUTION_BAR = 3
#: least weight of a statement of a hidden test: much of what tests say is common to all tests
_HIDDEN_BAR = 5
#: least weight of a statement that is sought as a whole line of prose
_LINE_BAR = 2
#: least weight of a statement that is sought in code
_CODE_BAR = 8
#: what the bars are raised by for the right-hand side of a statement
_PART = 2
#: least number of words of a comment or a docstring
_WORDS_BAR = 6
#: least number of characters of a text that is sought in encoded form
_ENCODED_BAR = 12


@dataclasses.dataclass(frozen=True, kw_only=True)
class Secret:
    """Something that a release must not say."""

    #: what it is, to be continued with `place`
    kind: str
    #: file and line, relative to the course
    place: str
    #: the line as it is written
    text: str
    #: tokens to look for in prose, in code, and as a line of prose of their own
    in_prose: tuple[str, ...]
    in_code: tuple[str, ...]
    as_line: tuple[str, ...]

    @property
    def is_encodable(self) -> bool:
        """Tell whether the line is long enough not to be met by accident in other letters."""
        return len(self.text) >= _ENCODED_BAR


def solution(assignment: Assignment, release: Release, made: Mapping[str, str]) -> Iterator[Secret]:
    """Yield what stands between the markers of the reference, and in parts of other assignments.

    `made` are the release's texts.
    """
    tests = f"tests/{assignment.name}/"
    handed_out = (item for item in made.items() if not _is_apart(item[0], tests))
    known = {Kind.CODE: texts.of_pieces(handed_out, {Kind.CODE}), Kind.PROSE: NOTHING}
    for path in sorted({block.path for block in release.blocks} | release.dropped.keys()):
        file = assignment.reference_dir / path
        inside, dropped = _inside(release, path), release.dropped.get(path, frozenset())
        for piece, lines in _pieces(file):
            if piece.line in inside or piece.line in dropped:
                kind = "the solution" if piece.line in inside else "a part of another assignment"
                place = f"{assignment.shown(file)}:{piece.line}"
                yield from _secret(kind, place, lines, piece, _SOLUTION_BAR, known)


def _is_apart(path: str, *folders: str) -> bool:
    """Tell whether code in a released file is no reason to call it known: notebooks may leak."""
    return path.startswith(folders) or path.endswith(texts.NOTEBOOK)


def _inside(release: Release, path: str) -> set[int]:
    """Return the lines of a file of the reference that are between markers."""
    return {
        line
        for block in release.blocks
        if block.path == path
        for line in range(block.first_line + 1, block.last_line)
    }


def hidden(assignment: Assignment, made: Mapping[str, str]) -> Iterator[Secret]:
    """Yield what the hidden suite says; `made` are the release's texts."""
    tests = f"tests/{assignment.name}/"
    public = (item for item in made.items() if item[0].startswith(tests))
    known = {
        Kind.CODE: texts.of_pieces(
            (item for item in made.items() if not _is_apart(item[0])), {Kind.CODE}
        ),
        Kind.PROSE: texts.of_pieces(public, {Kind.PROSE}),
    }
    for file in suites.files(assignment.hidden_dir):
        for piece, lines in _pieces(file):
            place = f"{assignment.shown(file)}:{piece.line}"
            yield from _secret("a hidden test", place, lines, piece, _HIDDEN_BAR, known)


def _pieces(file: Path) -> Iterator[tuple[Piece, list[str]]]:
    """Yield the pieces of a text file, and the lines that each is on; nothing of a file of data."""
    content = file.read_bytes()
    if b"\0" not in content:
        text = content.decode("utf-8", "replace")
        lines = texts.plain(file.name, text).split("\n")
        for piece in texts.pieces(file.name, text):
            yield piece, [line.strip() for line in lines[piece.line - 1 : piece.last_line]]


def _secret(
    kind: str, place: str, lines: list[str], piece: Piece, bar: int, known: Mapping[Kind, Haystack]
) -> Iterator[Secret]:
    """Yield the secret that a piece is, if it says enough that is not known."""
    words = _without_end(texts.tokens(piece.text))
    in_prose: list[list[str]] = []
    in_code: list[list[str]] = []
    as_line: list[list[str]] = []
    if piece.kind is Kind.CODE:
        whole, part = _forms(words)
        if len(lines) > 1:
            part += map(texts.tokens, lines)
        in_prose = [*_heavy(whole, bar), *_heavy(part, bar + _PART)]
        in_code = [*_heavy(whole, _CODE_BAR), *_heavy(part, _CODE_BAR + _PART)]
        as_line = _heavy(whole, _LINE_BAR)
    elif sum(word.isalnum() for word in words) >= _WORDS_BAR:
        in_prose = [words]
    secret = Secret(
        kind=kind,
        place=place,
        text=lines[0],
        in_prose=_unknown(in_prose, known[piece.kind]),
        in_code=_unknown(in_code, known[piece.kind]),
        as_line=_unknown(as_line, known[piece.kind]),
    )
    if secret.in_prose or secret.in_code or secret.as_line:
        yield secret


def _heavy(candidates: Iterable[list[str]], bar: int) -> list[list[str]]:
    return [words for words in candidates if texts.weight(words) >= bar]


def _unknown(candidates: Iterable[list[str]], known: Haystack) -> tuple[str, ...]:
    joined = dict.fromkeys(map(" ".join, candidates))
    return tuple(words for words in joined if words not in known)


def _without_end(words: list[str]) -> list[str]:
    """Return a statement without the colon, a sentence without the period at its end."""
    return words[:-1] if words[-1:] in ([":"], ["."]) else words


def _forms(words: list[str]) -> tuple[list[list[str]], list[list[str]]]:
    """Return a statement with and without parentheses that go over lines, and what it assigns."""
    head = _head(words)
    if head == 0:
        return [words], []
    part = _bare(words[head:])
    return [words, [*words[:head], *part]], [part]


def _head(words: list[str]) -> int:
    """Return how many tokens stand before what a statement returns or assigns; 0 if it does not."""
    if words[:1] in (["return"], ["yield"]):
        return 1
    depth = 0
    for position, word in enumerate(words[:-1]):
        depth += (word in "([{") - (word in ")]}")
        is_compared = "=" in (words[position + 1], words[position - 1])
        if depth == 0 and word == "=" and not is_compared and words[position - 1] not in "<>!":
            return position + 1
    return 0


def _bare(words: list[str]) -> list[str]:
    while words and words[0] == "(" and _closing(words) == len(words) - 1:
        words = words[1:-1]
    return words


def _closing(words: list[str]) -> int:
    """Return the position of the bracket that closes the first one."""
    depth = 0
    for position, word in enumerate(words):
        depth += (word in "([{") - (word in ")]}")
        if depth == 0:
            return position
    return -1
