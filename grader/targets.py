"""Where an assignment can be exported to: one entry for each system."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

from grader.gradescope import bundle
from grader.manifest import Assignment
from grader.nbcourse import source


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request:
    """What is exported, and where to."""

    assignment: Assignment
    destination: Path
    #: files there that were changed since the last export may be lost
    overwrite: bool = False


def _nbgrader(request: Request) -> Iterator[str]:
    yield from source.write(request.assignment, request.destination, overwrite=request.overwrite)
    yield (
        f"Next, in {request.destination}: nbgrader generate_assignment {request.assignment.name}; "
        f"nbgrader release_assignment {request.assignment.name}"
    )


def _gradescope(request: Request) -> Iterator[str]:
    return bundle.write(request.assignment, request.destination, overwrite=request.overwrite)


#: name on the command line -> what exports and yields a sentence for everything it did
TARGETS: dict[str, Callable[[Request], Iterator[str]]] = {
    "gradescope": _gradescope,
    "nbgrader": _nbgrader,
}
