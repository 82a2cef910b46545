"""The tables of a manifest and the type of every key; unknown keys are errors."""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from grader.gradescope_rules import Attempts, Board, GradescopeRules, Late
from grader.results import Visibility
from grader.sandbox.base import ENVIRONMENT, Limits
from grader.tables import Table, Text
from grader.toml_lines import Keys

#: the keys of the folders of an assignment
FOLDERS = ("reference", "template", "public", "hidden")
#: which table of a question speaks of which suite
SUITES = {Visibility.VISIBLE: "public", Visibility.HIDDEN: "hidden"}

_MIB = 1 << 20
#: limits whose value is usually a slip of the unit when it is smaller
_SMALLEST = {
    "memory": 64 * _MIB,
    "build_memory": 256 * _MIB,
    "scratch": _MIB,
    "file_size": 1024,
    "output": 1024,
}
#: a day: nobody waits longer for one submission
_LONGEST_SECONDS = 86_400


def _inside(path: str) -> str:
    """Return `path` in its plain form; refuse one that could leave the folder it is relative to."""
    if not path or path.startswith(("/", "~")) or ".." in path.split("/") or "\\" in path:
        raise ValueError("a path is relative, with / between folders and without ..")
    return str(PurePosixPath(path))


def _limits(table: Any) -> Any:
    """Return the Limits of a table, strictly: pydantic ignores unknown keys of a dataclass."""
    if not isinstance(table, dict):
        return table
    known = {field.name: field for field in dataclasses.fields(Limits)}
    for name, value in table.items():
        if name not in known:
            names = ", ".join(known)
            raise ValueError(f"{name}: unknown limit{_near(name, known)}; there are: {names}")
        _check_limit(name, value, seconds=name.endswith("_seconds"))
    limits = Limits(**table)
    if limits.test_seconds > limits.job_seconds:
        raise ValueError(
            f"test_seconds: {limits.test_seconds:g} s for one test are more than job_seconds, the "
            f"{limits.job_seconds:g} s for all of them"
        )
    return limits


def _check_limit(name: str, value: Any, *, seconds: bool) -> None:
    is_number = isinstance(value, (int, float) if seconds else int)
    if isinstance(value, bool) or not is_number:
        raise ValueError(f"{name}: {value!r} is not a {'number' if seconds else 'whole number'}")
    if seconds and not (0 < value <= _LONGEST_SECONDS and math.isfinite(value)):
        raise ValueError(f"{name}: {value!r} s is not between 0 and {_LONGEST_SECONDS}")
    if not seconds and value < _SMALLEST.get(name, 1):
        raise ValueError(f"{name}: {value!r} is less than {_SMALLEST.get(name, 1)}")


def _variable(name: str) -> str:
    """Return the name of a variable that an assignment may set; how Python starts is not its."""
    if re.fullmatch(r"[A-Z][A-Z0-9_]*", name) is None:
        raise ValueError(f"{name!r} is not a variable in capital letters")
    if name in ENVIRONMENT or name.startswith(("LD_", "PYTHON")):
        raise ValueError(f"{name} is set by the sandbox; choose another name")
    return name


def _value(value: str) -> str:
    if not value.isprintable():
        raise ValueError(f"{value!r}: the value of a variable is one line of printable text")
    return value


RelativePath = Annotated[str, AfterValidator(_inside)]
Points = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
PointsByTest = dict[Text, Points]
Environment = dict[
    Annotated[str, AfterValidator(_variable)], Annotated[str, AfterValidator(_value)]
]


class ReleaseRules(Table):
    """`[release]`: what students receive."""

    #: globs relative to the reference
    files: Annotated[tuple[RelativePath, ...], Field(min_length=1)]
    #: names of the parts of these files that stay; see `grader.parts`
    parts: tuple[Text, ...] = ()
    #: becomes README.md
    readme: RelativePath
    #: the course notebook, a percent text or an .ipynb file, relative to the reference; students
    #: receive it as NAME.ipynb
    notebook: RelativePath | None = None
    #: what students install, one line of requirements.txt each
    requirements: tuple[Text, ...] = ()


class SubmissionRules(Table):
    """`[submission]`: what of a student's files is used, and how it is found."""

    #: globs; the rest is dropped with a notice
    accept: Annotated[tuple[RelativePath, ...], Field(min_length=1)]
    #: folders on the student's sys.path
    path: Annotated[tuple[RelativePath, ...], Field(min_length=1)]
    #: module that the code cells of a submitted .ipynb file become; without it, none is graded
    notebook: RelativePath | None = None
    #: folder of the course that tests and students read
    data: RelativePath | None = None
    #: variables of the student's process, in the grader and at home
    environment: Environment = {}


class NativeModule(Table):
    """`[[native]]`: an extension module that is compiled from a C++ or CUDA file of the student."""

    #: path of the module, without the suffix that Python gives it
    module: RelativePath
    source: RelativePath

    @field_validator("source")
    @classmethod
    def _is_native(cls, source: str) -> str:
        if PurePosixPath(source).suffix not in (".cc", ".cpp", ".cu"):
            raise ValueError("a native module is compiled from a .cc, .cpp or .cu file")
        return source


class Speed(Table):
    """`[question.speed.TEST]`: at which multiples of the reference's time points are earned."""

    #: all points up to here, none from there on
    full: Annotated[float, Field(ge=1, allow_inf_nan=False)]
    none: Annotated[float, Field(allow_inf_nan=False)]

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.none <= self.full:
            raise ValueError(f"none = {self.none:g} has to be more than full = {self.full:g}")
        return self

    def share(self, ratio: float) -> float:
        """Return the share of the points at a ratio: each factor costs the same."""
        lost = math.log(ratio / self.full) / math.log(self.none / self.full)
        return 1.0 - min(max(lost, 0.0), 1.0)


class Question(Table):
    """`[[question]]`: a test file, and points per test of its public and its hidden version."""

    id: Text
    title: Text
    file: RelativePath
    public: PointsByTest = {}
    hidden: PointsByTest = {}
    #: tests, public and hidden ones of that name, whose points depend on time
    speed: dict[Text, Speed] = {}

    @model_validator(mode="after")
    def _times_tests(self) -> Self:
        if unknown := self.speed.keys() - self.public.keys() - self.hidden.keys():
            raise ValueError(f"speed: {min(unknown)} is no test with points of {self.id!r}")
        return self

    @model_validator(mode="after")
    def _has_tests(self) -> Self:
        if not self.public and not self.hidden:
            raise ValueError(
                f"question {self.id!r} has no tests; list them with their points in "
                "[question.public] or [question.hidden]"
            )
        return self


class Edit(Table):
    """A place of the reference, and what stands there instead."""

    #: relative to the reference
    file: RelativePath
    #: occurs exactly once in the file
    find: Text
    replace: str


class WrongSolution(Table):
    """`[[wrong]]`: a wrong solution, and the ids of exactly the tests that it loses.

    It is a submission, or the reference with a mistake that some edits make.
    """

    submission: RelativePath | None = None
    #: in words
    mistake: Text | None = None
    edits: tuple[Edit, ...] = ()
    loses: Annotated[tuple[Text, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.submission is None) != bool(self.mistake and self.edits):
            raise ValueError(
                "a wrong solution is a `submission`, or a `mistake` in words and the `edits` of "
                "the reference that make it"
            )
        return self

    @property
    def title(self) -> str:
        """Return what messages call it."""
        return self.submission or f"{self.mistake!r}"


class Rules(Table):
    """A whole manifest."""

    name: Text
    title: Text
    reference: RelativePath
    template: RelativePath
    public: RelativePath
    hidden: RelativePath
    release: ReleaseRules
    submission: SubmissionRules
    limits: Annotated[Limits, BeforeValidator(_limits)] = Limits()
    question: Annotated[tuple[Question, ...], Field(min_length=1)]
    native: tuple[NativeModule, ...] = ()
    wrong: tuple[WrongSolution, ...] = ()
    gradescope: GradescopeRules = GradescopeRules()


#: the tables by the key that they stand under
_TABLES: dict[str, type[Table]] = {
    "": Rules,
    "release": ReleaseRules,
    "submission": SubmissionRules,
    "question": Question,
    "speed": Speed,
    "native": NativeModule,
    "wrong": WrongSolution,
    "edits": Edit,
    "gradescope": GradescopeRules,
    "attempts": Attempts,
    "late": Late,
    "leaderboard": Board,
}


def explain(error: ValidationError) -> Iterator[tuple[Keys, str]]:
    """Yield each problem of a manifest: the keys that lead to it, and a sentence."""
    problems = error.errors(include_url=False)
    places = [problem["loc"] for problem in problems]
    for problem in problems:
        keys: Keys = problem["loc"]
        name = keys[-1] if keys else "manifest"
        match problem["type"]:
            case "extra_forbidden":
                tables = [str(key) for key in keys[:-1] if key in _TABLES]
                known = _TABLES[tables[-1] if tables else ""].model_fields
                yield keys, f"unknown key {name!r}{_near(str(name), known)}"
            case "missing":
                yield keys, f"{name!r} is missing"
            case "value_error":
                sentence = str(problem["ctx"]["error"])
                if keys == ("limits",):
                    keys = (*keys, sentence.split(":")[0])
                is_scalar = isinstance(problem["input"], str)
                yield keys, f"{name} = {problem['input']!r}: {sentence}" if is_scalar else sentence
            case "too_short" if any(place[: len(keys)] == keys != place for place in places):
                continue  # it is short because its elements are wrong, and they are named
            case _:
                message = problem["msg"].replace("tuple", "array").replace("Tuple", "Array")
                yield keys, f"{name} = {problem['input']!r}: {message}"


def _near(name: str, known: Any) -> str:
    matches = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {matches[0]!r}?" if matches else ""
