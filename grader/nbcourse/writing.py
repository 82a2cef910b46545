"""From reports to an nbgrader course: `grader report DIR --to nbgrader COURSE`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.errors import UsageError
from grader.nbcourse import extra, gradebook, pages, scores, submitted
from grader.results import Report, RunStatus

#: what the folder of a course has, at least one of them
_SIGNS = ("nbgrader_config.py", "gradebook.db", "source")


def write(reports: Sequence[Report], folder: Path, course: Path) -> Iterator[str]:
    """Write scores, comments and pages; yield what staff have to look at, then a summary.

    A broken run is the machine's doing: what the course has of that student stays as it is.
    """
    assignment = scores.assignment_of(reports)
    most = scores.points(reports)
    if not most:
        raise UsageError(f"no report in {folder} is graded, so there is no score to write")
    if not any((course / name).exists() for name in _SIGNS):
        raise UsageError(
            f"{course} is no nbgrader course: it has none of {', '.join(_SIGNS)}; give the folder "
            "that `grader export --to nbgrader` wrote to"
        )
    entries = scores.entries(reports, submitted.recall(folder))
    broken = [entry for entry in entries if entry.report.status is RunStatus.BROKEN]
    written = [entry for entry in entries if entry.report.status is not RunStatus.BROKEN]
    directory = extra.course_directory(course)
    source = Path(directory.root) / directory.source_directory / assignment
    with extra.gradebook(directory) as book:
        if not source.is_dir() and all(each.name != assignment for each in book.assignments):
            raise UsageError(
                f"{course} has no assignment {assignment}, neither in {source.parent} nor in its "
                "gradebook, so it may be the wrong course; nothing was written. Run `grader export "
                f"{assignment} {course} --to nbgrader` first"
            )
        writer = gradebook.Writer(book, assignment, most)
        yield from writer.prepare()
        for entry in written:
            yield from writer.write(entry)
            yield from pages.write(directory, assignment, entry, most)
    for entry in broken:
        yield (
            f"{entry.student}: the run is broken, which is the machine's doing; nothing was "
            "written for this student. Grade again"
        )
    yield (
        f"{course}: {len(written)} submissions of {assignment} written, "
        f"{len(broken)} broken and left untouched"
    )
