"""The draft of an assignment, and the course that it is written to."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path

from grader.errors import UsageError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Test:
    """One test, as a function of a pytest file."""

    __test__ = False

    name: str
    #: the whole function, with what it imports inside
    code: str
    points: float
    hidden: bool


@dataclasses.dataclass(kw_only=True)
class Question:
    """One question and its tests, in order."""

    id: str
    title: str
    tests: list[Test] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(kw_only=True)
class Draft:
    """What could be carried over, and the lines that could not."""

    name: str
    title: str
    #: for students
    readme: str
    #: path below `src` of the reference -> content with our markers
    reference: dict[str, str] = dataclasses.field(default_factory=dict)
    questions: list[Question] = dataclasses.field(default_factory=list)
    findings: list[str] = dataclasses.field(default_factory=list)

    def lose(self, place: str, sentence: str) -> None:
        """Record what was not carried over."""
        self.findings.append(f"{place}: {sentence}")


def slug(text: str, default: str = "assignment") -> str:
    """Return a text as a name: small letters, digits and underscores, a letter first."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return plain if re.match(r"[a-z]", plain) else f"{default}_{plain}".rstrip("_")


def unique(wanted: str, taken: set[str]) -> str:
    """Return a name that is not taken yet, and take it."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    taken.add(name)
    return name


def write(draft: Draft, out: Path) -> list[Path]:
    """Write a course with one assignment into a new or empty folder."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not an empty folder; nothing was written. Give another --out")
    files = dict(_files(draft))
    for name, text in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for suite in ("tests_public", "tests_hidden"):
        (out / suite / draft.name).mkdir(parents=True, exist_ok=True)
    return [out / name for name in files]


def _files(draft: Draft) -> Iterator[tuple[str, str]]:
    yield f"assignments/{draft.name}.toml", manifest(draft)
    yield f"assignments/{draft.name}.md", f"{draft.readme.strip()}\n"
    for path, text in draft.reference.items():
        yield f"reference/src/{path}", text
    for question in draft.questions:
        for suite, hidden in (("tests_public", False), ("tests_hidden", True)):
            tests = [test for test in question.tests if test.hidden is hidden]
            if tests:
                body = "\n\n\n".join(test.code.strip() for test in tests)
                header = f'"""{question.title}."""'.replace("\\", "")
                yield f"{suite}/{draft.name}/test_{question.id}.py", f"{header}\n\n\n{body}\n"


def manifest(draft: Draft) -> str:
    """Return the manifest of a draft."""
    q = json.dumps
    patterns = sorted(f"src/{path}" for path in draft.reference)
    lines = [
        f"name = {q(draft.name)}",
        f"title = {q(draft.title)}",
        'reference = "reference"',
        f"template = {q(f'template/{draft.name}')}",
        f"public = {q(f'tests_public/{draft.name}')}",
        f"hidden = {q(f'tests_hidden/{draft.name}')}",
        "",
        "[release]",
        f"files = {q(patterns)}",
        f"readme = {q(f'assignments/{draft.name}.md')}",
        'requirements = ["numpy>=2.0", "pytest>=8.2"]',
        "",
        "[submission]",
        f"accept = {q(patterns)}",
        'path = ["src"]',
    ]
    for question in draft.questions:
        lines += ["", *_question(question)]
    return "\n".join(lines) + "\n"


def _question(question: Question) -> Iterator[str]:
    yield "[[question]]"
    yield f"id = {json.dumps(question.id)}"
    yield f"title = {json.dumps(question.title)}"
    yield f'file = "test_{question.id}.py"'
    for key, hidden in (("public", False), ("hidden", True)):
        yield f"[question.{key}]"
        for test in question.tests:
            if test.hidden is hidden:
                yield f"{test.name} = {round(test.points, 6):g}"
