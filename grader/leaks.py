"""Finds what a release gives away.

Secrets (see `secrecy`) are sought in every file of the release, and in every file of the committed
template that is not as it should be: in comments, strings and documents, and in code; as tokens,
so spacing, line breaks, case and comment signs do not hide them; also as base64, hexadecimal and
rot13. A copy of a whole hidden test is found even where each of its lines is public.
"""

from __future__ import annotations

import base64
import codecs
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from grader import release, secrecy, texts
from grader.manifest import Assignment, TestSpec
from grader.release import Finding, Release
from grader.results import Visibility
from grader.secrecy import Secret
from grader.texts import Kind

#: least weight of a whole test
_TEST_BAR = 12
#: the two alphabets of base64 made one
_BASE64 = str.maketrans("-_", "+/")

_Place = tuple[str, int]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Search:
    """What was looked for, where, and what was found."""

    solution_lines: int
    hidden_lines: int
    files: int
    findings: tuple[Finding, ...]


class _Corpus:
    """Files to look into, in the forms in which secrets are sought."""

    def __init__(self, files: Mapping[str, str], origin: Callable[[str, int], str]) -> None:
        self.files = files
        #: path and line -> what an author has to do there
        self.origin = origin
        self.prose = texts.of_pieces(files.items(), {Kind.PROSE})
        self.lines = texts.whole_lines(files.items())
        self.code = texts.of_pieces(files.items(), {Kind.CODE})
        plain = {path: texts.plain(path, text) for path, text in files.items()}
        self.rot13 = texts.of_lines((path, codecs.encode(t, "rot13")) for path, t in plain.items())
        self.characters = texts.of_characters(
            (path, text.translate(_BASE64)) for path, text in plain.items()
        )
        self.folded = texts.of_characters((path, text.lower()) for path, text in plain.items())


def search(assignment: Assignment, made: Release, template: Path) -> Search:
    """Look for secrets in a release, and in the committed template where it differs."""
    files = {name: _text(content) for name, content in made.files.items()}
    solution = list(secrecy.solution(assignment, made, files))
    hidden = list(secrecy.hidden(assignment, files))
    corpora = [
        _Corpus(files, lambda path, line: f"reword {made.origin(path, line)}"),
        _Corpus(_edited(made, template), lambda _path, _line: "edited by hand; release again"),
    ]
    found: dict[_Place, str] = {}
    for corpus in corpora:
        for (path, line), sentence in (
            *_copied_tests(assignment, corpus),
            *_occurrences([*solution, *hidden], corpus),
        ):
            found.setdefault((path, line), f"{sentence}; {corpus.origin(path, line)}")
    shown = assignment.shown(template)
    return Search(
        solution_lines=len(solution),
        hidden_lines=len(hidden),
        files=len(files),
        findings=tuple(
            Finding(path=f"{shown}/{path}", line=line, sentence=sentence)
            for (path, line), sentence in sorted(found.items())
        ),
    )


def _edited(made: Release, template: Path) -> dict[str, str]:
    """Return the text of the files of the committed template that are not the release's."""
    names = (finding.path for finding in release.differences(made, template))
    present = ((name, template / name) for name in names)
    return {name: _text(path.read_bytes()) for name, path in present if path.is_file()}


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _occurrences(secrets: Sequence[Secret], corpus: _Corpus) -> Iterator[tuple[_Place, str]]:
    for secret in secrets:
        for place, how in _places(secret, corpus):
            yield place, f"says {how}what is in {secret.kind}, {secret.place}: `{secret.text}`"


def _places(secret: Secret, corpus: _Corpus) -> Iterator[tuple[_Place, str]]:
    """Yield where a secret stands, and in what disguise."""
    for words in secret.in_prose:
        yield from ((place, "") for place in corpus.prose.find(words))
        if secret.is_encodable:
            yield from ((place, "in rot13 ") for place in corpus.rot13.find(words))
    for words in secret.as_line:
        yield from ((place, "") for place in corpus.lines.get(words, ()))
    for words in secret.in_code:
        yield from ((place, "") for place in corpus.code.find(words))
    if secret.in_prose and secret.is_encodable:
        yield from ((p, "in hexadecimal ") for p in corpus.folded.find(secret.text.encode().hex()))
        for encoded in _base64(secret.text.encode()):
            yield from ((place, "in base64 ") for place in corpus.characters.find(encoded))


def _base64(content: bytes) -> Iterator[str]:
    """Yield the characters that stand for `content` wherever it begins in what was encoded."""
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + content).decode()
        yield encoded[-(-shift * 8 // 6) : (shift + len(content)) * 8 // 6]


def _copied_tests(assignment: Assignment, corpus: _Corpus) -> Iterator[tuple[_Place, str]]:
    """Yield where all statements of a hidden test stand one after the other."""
    for spec in assignment.tests:
        if spec.visibility is Visibility.HIDDEN:
            body = _body(assignment, spec)
            if texts.weight(body) >= _TEST_BAR:
                sentence = f"copies the hidden {spec.function}, {spec.path}:{spec.line}"
                for place in corpus.code.find(" ".join(body)):
                    yield place, sentence


def _body(assignment: Assignment, spec: TestSpec) -> list[str]:
    """Return the tokens of the statements of a test, without its first line and its docstring."""
    text = _text((assignment.root / spec.path).read_bytes())
    return [
        token
        for piece in texts.pieces(spec.path.name, text)
        if piece.kind is Kind.CODE and spec.line < piece.line <= spec.last_line
        for token in texts.tokens(piece.text)
    ]
