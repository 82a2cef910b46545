"""nbgrader itself, which only those need who use it."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.errors import UsageError


def load(module: str) -> Any:
    """Import a module of nbgrader; UsageError with what to install where it is missing."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(
            f"{module} cannot be imported ({error}); nbgrader is an extra of the grader: "
            "pip install 'needle-grader[nbgrader]'"
        ) from error


def course_directory(course: Path) -> Any:
    """Return nbgrader's idea of a course: its configuration files say where things are."""
    app = load("nbgrader.apps").NbGrader()
    with contextlib.chdir(course):
        app.load_config_file()
    directory = load("nbgrader.coursedir").CourseDirectory(config=app.config)
    if not app.config.CourseDirectory.get("root"):
        directory.root = str(course.resolve())
    return directory


@contextlib.contextmanager
def gradebook(directory: Any) -> Iterator[Any]:
    """Open the course's gradebook; a new one is made."""
    api = load("nbgrader.api")
    course_id = directory.course_id or "default_course"
    with _programs_on_path(), api.Gradebook(directory.db_url, course_id=course_id) as opened:
        yield opened


@contextlib.contextmanager
def _programs_on_path() -> Iterator[None]:
    """Have the programs beside this Python on PATH: a new gradebook asks `alembic` there."""
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
