"""What may not be in an image that students' code runs in: tests, solutions, the grader itself.

    files   of the tests, the reference and the grader, by their content
    lines   of solutions and hidden tests (`secrecy`), of those that nobody writes by accident
    tests   the names of hidden tests, which compiled modules have in them, too
    folders that hold any of these in a clone

An image that has none of them in any layer gives nothing away, whatever was deleted later.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from grader import manifest, release, secrecy
from grader.manifest import Assignment
from grader.results import Visibility

#: trees of a clone, of which no file may be in the image
TREES = ("tests_hidden", "tests_public", "reference_solution", "assignments", "grader")
#: folders that would hold them
FOLDERS = frozenset({*TREES, "student_template", "needle"})
#: least number of bytes of a file that is looked for by its content
_FILE_BAR = 64
#: least number of characters of a line, and of the name of a test
_LINE_BAR, _NAME_BAR = 20, 20
#: signatures are short of ideas: other people's code has the same by chance
_SIGNATURES = ("def ", "class ")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Canaries:
    """What is looked for, each with what it is."""

    #: sha256 of a file's content -> its name
    files: dict[str, str]
    #: a line without the spaces around it -> file and line
    lines: dict[bytes, str]
    #: finds names of hidden tests
    tests: re.Pattern[bytes]

    def found_in(self, name: str, content: bytes) -> Iterator[str]:
        """Yield a sentence for everything that a file gives away."""
        inside = [part for part in name.split("/")[:-1] if part in FOLDERS]
        if inside:
            yield f"is in a folder called {inside[0]}"
        known = self.files.get(hashlib.sha256(content).hexdigest())
        if known:
            yield f"is {known}"
        for line in self.lines.keys() & map(bytes.strip, content.split(b"\n")):
            yield f"says what is in {self.lines[line]}: `{line.decode(errors='replace')}`"
        for test in sorted({match[0].decode() for match in self.tests.finditer(content)}):
            yield f"names the hidden {test}"


def of(root: Path) -> Canaries:
    """Return the canaries of all assignments of a clone."""
    names = sorted(path.stem for path in (root / "assignments").glob("*.toml"))
    lines: dict[bytes, str] = {}
    tests: set[str] = set()
    for assignment in (manifest.find(name, root) for name in names):
        lines |= _lines(assignment)
        hidden = (spec for spec in assignment.tests if spec.visibility is Visibility.HIDDEN)
        tests |= {spec.function for spec in hidden if len(spec.function) >= _NAME_BAR}
    # longest first: the pattern takes the first that fits
    alternatives = "|".join(sorted((name.removeprefix("test_") for name in tests), reverse=True))
    return Canaries(
        files=dict(_files(root)),
        lines=lines,
        tests=re.compile(f"test_(?:{alternatives})".encode() if tests else rb"(?!)"),
    )


def _files(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(path for tree in TREES for path in (root / tree).rglob("*")):
        if path.is_file() and path.stat().st_size >= _FILE_BAR:
            content = path.read_bytes()
            yield hashlib.sha256(content).hexdigest(), path.relative_to(root).as_posix()


def _lines(assignment: Assignment) -> dict[bytes, str]:
    made = release.build(assignment)
    texts = {name: content.decode("utf-8", "replace") for name, content in made.files.items()}
    secrets = [*secrecy.solution(assignment, made, texts), *secrecy.hidden(assignment, texts)]
    return {
        secret.text.strip().encode(): secret.place
        for secret in secrets
        if secret.in_code and _is_telling(secret.text.strip())
    }


def _is_telling(line: str) -> bool:
    return len(line) >= _LINE_BAR and not line.startswith(_SIGNATURES)
