"""Published answers: for each problem of an assignment the values that the reference sends."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.errors import UsageError
from grader.export import files
from grader.mugrade import wire

FORMAT = "mugrade answers 1"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Problem:
    """What one `submit_*` function sends, in its order."""

    name: str
    #: as they are sent, before they are JSON
    raw: tuple[Any, ...]

    @functools.cached_property
    def values(self) -> tuple[Any, ...]:
        return tuple(wire.decode(value) for value in self.raw)

    @functools.cached_property
    def digest(self) -> str:
        """The sha256 of the values: it says later which answers a verdict was given by."""
        return hashlib.sha256(_compact(self.raw).encode()).hexdigest()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answers:
    """The answers of one assignment."""

    assignment: str
    problems: Mapping[str, Problem]
    #: where they are from: digests of the tests and the reference, or who published them
    source: Mapping[str, str]

    def with_problem(self, name: str, values: Sequence[Any], by: str) -> Answers:
        """Return the answers with those of one problem replaced."""
        problem = Problem(name=name, raw=tuple(values))
        source = {**self.source, f"problem {name}": f"published by {by}"}
        return dataclasses.replace(self, problems={**self.problems, name: problem}, source=source)


def is_name(name: str) -> bool:
    """Tell whether assignments and problems may be called so: it becomes the name of a file."""
    return _NAME.fullmatch(name) is not None and not name.startswith(".")


def write(answers: Answers, path: Path) -> Path:
    """Write the answers at once or not at all; one line a value, so that a diff shows which."""
    problems = ",\n".join(
        f"  {json.dumps(problem.name)}: [\n   "
        + ",\n   ".join(_compact(value) for value in problem.raw)
        + "\n  ]"
        for problem in answers.problems.values()
    )
    head = json.dumps(
        {"format": FORMAT, "assignment": answers.assignment, "source": dict(answers.source)},
        indent=1,
        ensure_ascii=True,
    )
    return files.write(path, f'{head[:-2]},\n "problems": {{\n{problems}\n }}\n}}\n')


def read(path: Path) -> Answers:
    """Read what `write` wrote; raise UsageError for anything else."""
    try:
        data = wire.parse(path.read_bytes())
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise wire.Refused(f"it does not begin with the format {FORMAT!r}")
        problems = {
            name: Problem(name=name, raw=tuple(values)) for name, values in data["problems"].items()
        }
        for problem in problems.values():
            _ = problem.values
        return Answers(
            assignment=str(data["assignment"]), problems=problems, source=dict(data["source"])
        )
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except (wire.Refused, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path} is no file of answers: {error}; write one with `grader mugrade answers`"
        ) from error


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
