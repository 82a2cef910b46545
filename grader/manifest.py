"""The Assignment: what is set, read from one strict TOML file.

A course is a folder with `assignments/NAME.toml`; paths in the file are relative to that folder.
Loading reads the test files too, so an Assignment in hand has points for every test, and a test for
every entry with points.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from grader import manifest_rules, provenance, suites, toml_lines
from grader.errors import ManifestError
from grader.gradescope_rules import GradescopeRules
from grader.manifest_rules import (
    NativeModule,
    Question,
    ReleaseRules,
    Rules,
    Speed,
    SubmissionRules,
    WrongSolution,
)
from grader.results import Visibility
from grader.sandbox.base import Limits
from grader.suites import TestFunction

FOLDER = "assignments"
_NAME = re.compile(r"[a-z][a-z0-9_-]*")


@dataclasses.dataclass(frozen=True, kw_only=True)
class TestSpec:
    """One test that earns points."""

    __test__ = False

    #: pytest node id relative to the course root
    id: str
    #: id of the question that it belongs to
    question: str
    points: float
    visibility: Visibility
    #: test file, relative to the course root
    path: Path
    #: name in the file; `TestGroup::test_x` for a method
    function: str
    #: docstring of the test
    summary: str
    line: int = 0
    last_line: int = 0
    #: how its points depend on time; None: they do not
    speed: Speed | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Assignment:
    """What is set."""

    #: the manifest
    path: Path
    #: the course
    root: Path
    rules: Rules
    #: in the order of the manifest
    tests: tuple[TestSpec, ...]

    @property
    def name(self) -> str:
        return self.rules.name

    @property
    def title(self) -> str:
        return self.rules.title

    @property
    def release(self) -> ReleaseRules:
        return self.rules.release

    @property
    def submission(self) -> SubmissionRules:
        return self.rules.submission

    @property
    def limits(self) -> Limits:
        return self.rules.limits

    @property
    def questions(self) -> tuple[Question, ...]:
        return self.rules.question

    @property
    def native(self) -> tuple[NativeModule, ...]:
        return self.rules.native

    @property
    def wrong(self) -> tuple[WrongSolution, ...]:
        return self.rules.wrong

    @property
    def gradescope(self) -> GradescopeRules:
        return self.rules.gradescope

    @property
    def reference_dir(self) -> Path:
        return self.root / self.rules.reference

    @property
    def template_dir(self) -> Path:
        return self.root / self.rules.template

    @property
    def public_dir(self) -> Path:
        return self.root / self.rules.public

    @property
    def hidden_dir(self) -> Path:
        return self.root / self.rules.hidden

    @property
    def siblings(self) -> tuple[str, ...]:
        """The names of all assignments of the course, this one included."""
        return _names(self.path.parent)

    @property
    def max_score(self) -> float:
        return sum(test.points for test in self.tests)

    def shown(self, path: Path) -> str:
        """Return what messages call `path`: relative to the course when it is inside."""
        if not path.is_relative_to(self.root):
            return str(path)
        return path.relative_to(self.root).as_posix()

    def where(self, *keys: str | int) -> str:
        """Return `path:line` of a key of the manifest."""
        text = self.path.read_text(encoding="utf-8")
        return f"{self.shown(self.path)}:{toml_lines.locate(text, keys)}"

    def digest(self) -> str:
        """Return the digest of what is set: manifest, student README and reference."""
        readme = self.root / self.release.readme
        return self._digest([self.path, readme, *suites.files(self.reference_dir)])

    def tests_digest(self) -> str:
        """Return the digest of both suites, support files included."""
        return self._digest([*suites.files(self.public_dir), *suites.files(self.hidden_dir)])

    def _digest(self, paths: Iterable[Path]) -> str:
        return provenance.digest_files((self.shown(path), path.read_bytes()) for path in paths)


def find(name: str, start: Path | None = None) -> Assignment:
    """Load assignment `name` of the course that `start` is in, or the manifest at path `name`."""
    if name.endswith(".toml"):
        return load(Path(name))
    start = (start or Path.cwd()).resolve()
    known: list[str] = []
    for folder in (start, *start.parents):
        path = folder / FOLDER / f"{name}.toml"
        if _NAME.fullmatch(name) and path.is_file():
            return load(path)
        known += _names(folder / FOLDER)
    if not known:
        raise ManifestError(
            f"no assignment {name!r}: {start} is not in a course, that is, a folder with "
            f"{FOLDER}/NAME.toml; change to the course or give the path of the .toml file"
        )
    raise ManifestError(
        f"no assignment {name!r}; there are: {', '.join(known)}{_near(name, known)}"
    )


def load(path: Path) -> Assignment:
    """Read the manifest at `path` and the test files that it speaks of."""
    path = path.resolve()
    if not path.is_file():
        raise ManifestError(f"{path}: no such file; a manifest is {FOLDER}/NAME.toml of a course")
    if path.parent.name != FOLDER:
        raise ManifestError(f"{path}: a manifest lies in the folder {FOLDER}/ of its course")
    reader = _Reader(path)
    rules = reader.rules()
    problems = [*reader.misplaced(rules)]
    reader.refuse(problems)
    tests = reader.tests(rules)
    reader.refuse([*reader.misrecorded(rules, tests)])
    return Assignment(path=path, root=reader.root, rules=rules, tests=tests)


class _Reader:
    """Reads one manifest and names the line of what is wrong with it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root = path.parent.parent
        self.shown = path.relative_to(self.root).as_posix()
        try:
            self.text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise ManifestError(f"{self.shown}: not UTF-8 text: {error}") from error

    def at(self, *keys: str | int) -> str:
        return f"{self.shown}:{toml_lines.locate(self.text, keys)}"

    def refuse(self, problems: list[str]) -> None:
        if problems:
            raise ManifestError("\n".join(problems))

    def rules(self) -> Rules:
        """Return the tables of the manifest, each of the type that it has to be."""
        try:
            return Rules.model_validate(tomllib.loads(self.text))
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"at line (\d+)", str(error))
            place = f"{self.shown}:{line[1]}" if line else self.shown
            raise ManifestError(f"{place}: not TOML: {error}") from error
        except ValidationError as error:
            problems = [
                f"{self.at(*keys)}: {sentence}" for keys, sentence in manifest_rules.explain(error)
            ]
            raise ManifestError("\n".join(problems)) from error

    # -- paths -------------------------------------------------------------------------

    def misplaced(self, rules: Rules) -> Iterator[str]:
        """Yield what is wrong with the names and paths of the manifest."""
        if rules.name != self.path.stem:
            yield f"{self.at('name')}: name is {rules.name!r} in a file called {self.path.name}"
        elif not _NAME.fullmatch(rules.name):
            yield f"{self.at('name')}: {rules.name!r} is not small letters, digits, - and _"
        for key in ("reference", "public", "hidden"):
            yield from self._missing_folder(getattr(rules, key), key)
        if not (self.root / rules.release.readme).is_file():
            yield f"{self.at('release', 'readme')}: no such file: {rules.release.readme}"
        for number, wrong in enumerate(rules.wrong):
            if wrong.submission and not (self.root / wrong.submission).exists():
                place = self.at("wrong", number, "submission")
                yield f"{place}: no such submission: {wrong.submission}"
            yield from self._misedited(rules, number, wrong)
        for number, native in enumerate(rules.native):
            if not (self.root / rules.reference / native.source).is_file():
                place = self.at("native", number, "source")
                yield f"{place}: no such file below {rules.reference}: {native.source}"
        known = [question.id for question in rules.question]
        for keys, question in rules.gradescope.unknown(known):
            place = self.at("gradescope", *keys)
            yield f"{place}: no question is called {question!r}{_near(question, known)}"
        yield from self._unknown_parts(rules)
        yield from self._overlapping(rules)

    def _unknown_parts(self, rules: Rules) -> Iterator[str]:
        """Yield parts that are called after no assignment: nothing would be kept by them."""
        known = _names(self.path.parent)
        for number, name in enumerate(rules.release.parts):
            if name not in known:
                place = self.at("release", "parts", number)
                yield f"{place}: no assignment is called {name!r}{_near(name, known)}"

    def _misedited(self, rules: Rules, number: int, wrong: WrongSolution) -> Iterator[str]:
        """Yield edits of the reference that cannot be made."""
        for edit in wrong.edits:
            path = self.root / rules.reference / edit.file
            place = f"{self.at('wrong', number, 'edits')}: {edit.file}"
            if not path.is_file():
                yield f"{place}: no such file below {rules.reference}"
                continue
            count = path.read_text(encoding="utf-8").count(edit.find)
            if count != 1:
                yield f"{place} has {edit.find!r} {count} times; name a text that occurs once"

    def _missing_folder(self, folder: str, *keys: str | int) -> Iterator[str]:
        if not (self.root / folder).is_dir():
            yield f"{self.at(*keys)}: no such folder: {folder}"

    def _overlapping(self, rules: Rules) -> Iterator[str]:
        """Yield folders that lie in one another: hidden files must not lie in released ones."""
        folders = {key: Path(getattr(rules, key)) for key in manifest_rules.FOLDERS}
        for key, folder in folders.items():
            for other, around in folders.items():
                if key != other and folder.is_relative_to(around):
                    yield (
                        f"{self.at(key)}: {key} = {str(folder)!r} lies in "
                        f"{other} = {str(around)!r}; keep the trees apart"
                    )

    # -- tests -------------------------------------------------------------------------

    def tests(self, rules: Rules) -> tuple[TestSpec, ...]:
        """Return every test of the manifest; raise unless they are the tests of the suites."""
        written = {
            visibility: self._written(folder) for visibility, folder in _folders(rules).items()
        }
        problems: list[str] = []
        specs: list[TestSpec] = []
        for number, question in enumerate(rules.question):
            for visibility, key in manifest_rules.SUITES.items():
                for name, points in getattr(question, key).items():
                    path = f"{_folders(rules)[visibility]}/{question.file}"
                    function = written[visibility].get(path, {}).get(name)
                    if function is None:
                        place = self.at("question", number, key, name)
                        problems.append(_unwritten(place, name, path, written[visibility]))
                        continue
                    specs.append(_spec(question, visibility, path, function, points))
        problems += self._listed_twice(rules)
        for visibility, by_path in written.items():
            listed = {spec.id for spec in specs}
            problems += self._without_points(rules, visibility, by_path, listed)
        self.refuse(problems)
        return tuple(specs)

    def _written(self, folder: str) -> dict[str, dict[str, TestFunction]]:
        """Return the tests of a suite: path relative to the course -> name -> test."""
        found = {}
        for path in suites.test_files(self.root / folder):
            shown = path.relative_to(self.root).as_posix()
            found[shown] = suites.read(path, shown)
        return found

    def _without_points(
        self,
        rules: Rules,
        visibility: Visibility,
        written: dict[str, dict[str, TestFunction]],
        listed: set[str],
    ) -> Iterator[str]:
        key = manifest_rules.SUITES[visibility]
        folder = _folders(rules)[visibility]
        for path, functions in written.items():
            file = path.removeprefix(f"{folder}/")
            owners = [question.id for question in rules.question if question.file == file]
            for name, function in functions.items():
                if f"{path}::{name}" not in listed:
                    owner = f"the question {owners[0]!r}" if owners else f"a question of {file}"
                    yield (
                        f"{path}:{function.line}: {name} has no points; "
                        f"add it to [question.{key}] of {owner} in {self.shown}"
                    )
            if not functions and not owners:
                yield f"{path}:1: no test here, and no question of {self.shown} names this file"

    def _listed_twice(self, rules: Rules) -> Iterator[str]:
        first: dict[tuple[str, str, str], str] = {}
        for number, question in enumerate(rules.question):
            for key in manifest_rules.SUITES.values():
                for name in getattr(question, key):
                    place = self.at("question", number, key, name)
                    if earlier := first.get((question.file, key, name)):
                        yield f"{place}: {name} of {question.file} already has points at {earlier}"
                    first.setdefault((question.file, key, name), place)
        repeated = Counter(question.id for question in rules.question)
        for number, question in enumerate(rules.question):
            if repeated[question.id] > 1:
                place = self.at("question", number, "id")
                yield f"{place}: {question.id!r} is the id of {repeated[question.id]} questions"

    # -- recorded wrong solutions ------------------------------------------------------

    def misrecorded(self, rules: Rules, tests: tuple[TestSpec, ...]) -> Iterator[str]:
        """Yield recorded losses that name no test, and an assignment without any points."""
        known = [test.id for test in tests]
        for number, wrong in enumerate(rules.wrong):
            for position, test in enumerate(wrong.loses):
                place = self.at("wrong", number, "loses", position)
                if test not in known:
                    yield f"{place}: no such test: {test}{_near(test, known)}"
                elif test in wrong.loses[:position]:
                    yield f"{place}: {test} is listed twice"
        if sum(test.points for test in tests) <= 0:
            yield f"{self.at('question')}: no test has points"


def _names(folder: Path) -> tuple[str, ...]:
    """Return the names of the assignments whose manifests are in a folder."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml") if path.is_file()))


def _folders(rules: Rules) -> dict[Visibility, str]:
    return {Visibility.VISIBLE: rules.public, Visibility.HIDDEN: rules.hidden}


def _spec(
    question: Question, visibility: Visibility, path: str, function: TestFunction, points: float
) -> TestSpec:
    return TestSpec(
        id=f"{path}::{function.name}",
        question=question.id,
        points=points,
        visibility=visibility,
        path=Path(path),
        function=function.name,
        summary=function.summary,
        line=function.line,
        last_line=function.last_line,
        speed=question.speed.get(function.name),
    )


def _unwritten(
    place: str, name: str, path: str, written: dict[str, dict[str, TestFunction]]
) -> str:
    """Return the sentence for points that no test can earn."""
    if path not in written:
        return f"{place}: {name} has points, but there is no test file {path}"
    near = _near(name, written[path])
    return f"{place}: {name} has points, but {path} defines no such test{near}"


def _near(name: str, known: Iterable[str]) -> str:
    matches = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {matches[0]!r}?" if matches else ""
