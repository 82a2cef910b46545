"""What nbgrader does in a course, in one process: its own classes, on a scratch exchange.

`python nbgrader_kit.py before ROOT NAME` releases, fetches, submits and collects; `after` exports
the grades and releases feedback. ROOT has course/, exchange/, and students/STUDENT/ with the files
that each student lays over what was handed out.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from nbgrader.apps import NbGraderAPI
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from traitlets.config import Config


def main(step: str, root: Path, name: str) -> None:
    config = Config()
    config.CourseDirectory.root = str(root / "course")
    config.CourseDirectory.course_id = "course"
    config.Exchange.root = str(root / "exchange")
    config.Exchange.cache = str(root / "cache")
    directory = CourseDirectory(config=config)
    api = NbGraderAPI(directory, config=config)
    {"before": before, "after": after}[step](api, config, root, name)


def before(api: Any, config: Config, root: Path, name: str) -> None:
    (root / "exchange").mkdir(exist_ok=True)
    succeed(api.generate_assignment(name, force=True))
    succeed(api.release_assignment(name))
    for student in sorted((root / "students").iterdir()):
        exchange(config, root, name, student)
    succeed(api.collect(name))


def exchange(config: Config, root: Path, name: str, student: Path) -> None:
    """Fetch as a student, lay the student's files over it, hand in."""
    home = root / "homes" / student.name
    home.mkdir(parents=True)
    os.chdir(home)
    parts = {"authenticator": Authenticator(config=config), "config": config}
    for step in ("FetchAssignment", "Submit"):
        directory = CourseDirectory(config=config)
        directory.assignment_id, directory.student_id = name, student.name
        getattr(ExchangeFactory(config=config), step)(coursedir=directory, **parts).start()
        shutil.copytree(student, home / name, symlinks=True, dirs_exist_ok=True)


def after(api: Any, config: Config, root: Path, name: str) -> None:
    from nbgrader.plugins import CsvExportPlugin

    plugin = CsvExportPlugin(config=config)
    plugin.to = str(root / "grades.csv")
    with api.gradebook as gradebook:
        plugin.export(gradebook)
    succeed(api.release_feedback(name))


def succeed(result: dict[str, Any]) -> None:
    if not result["success"]:
        sys.exit(result.get("error") or result.get("log"))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
