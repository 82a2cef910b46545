"""What nbgrader shows: notebooks for its formgrader, pages for students.

All of it is made from reports. No file of a student is copied but the two that nbgrader's exchange
needs, the time and the secret of the submission, and these are read as text and bounded.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from grader.export import files, html
from grader.nbcourse import scores
from grader.nbcourse.scores import Entry
from grader.nbcourse.submitted import TIMESTAMP

#: what `nbgrader fetch_feedback` finds a student's pages by
SECRET = "submission_secret.txt"
#: bytes of either file
_LONGEST = 1000


def write(
    directory: Any, assignment: str, entry: Entry, most: Mapping[str, float]
) -> Iterator[str]:
    """Write one student's notebook and page; yield why there is no page where there is none."""
    places = {
        step: Path(directory.format_path(getattr(directory, f"{step}_directory"), *key))
        for key in [(entry.student, assignment)]
        for step in ("submitted", "autograded", "feedback")
    }
    notebook = scores.notebook(entry.report, most)
    files.write(places["autograded"] / f"{assignment}.ipynb", notebook)
    if entry.timestamp:
        files.write(places["autograded"] / TIMESTAMP, entry.timestamp)
    yield from _page(places, assignment, entry)


def _page(places: Mapping[str, Path], assignment: str, entry: Entry) -> Iterator[str]:
    """Write the page beside the two files that `nbgrader release_feedback` reads there."""
    when, secret = (_text(places["submitted"] / name) for name in (TIMESTAMP, SECRET))
    if not secret or not when:
        yield (
            f"{entry.student}: no feedback page, since {places['submitted']} has no {TIMESTAMP} "
            f"or no {SECRET}; it was not handed in through nbgrader's exchange"
        )
        return
    if when.split() != entry.timestamp.split():
        yield (
            f"{entry.student}: no feedback page, since a later submission was collected after "
            "this one was graded; grade again"
        )
        return
    folder = places["feedback"]
    files.write(folder / SECRET, secret)
    files.write(folder / TIMESTAMP, when)
    with tempfile.TemporaryDirectory() as made:
        page = html.write_page(entry.report, Path(made)).read_text(encoding="utf-8")
    files.write(folder / f"{assignment}.html", page)


def _text(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return ""
    with path.open("rb") as file:
        return file.read(_LONGEST).decode("ascii", errors="replace")
