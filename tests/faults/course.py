"""The faults' course: four quick tests, and submissions that end in each way a submission can."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
TINY = REPOSITORY / "examples" / "tiny"

HIDDEN = '''"""What only the grader sees."""

import tempfile

from intervals import length, merge


def test_order_and_touching_ends_do_not_matter():
    """The order of the input does not matter, and intervals that touch become one."""
    assert merge([(7, 9), (3, 5), (2, 3)]) == [(2, 5), (7, 9)]
    assert merge([]) == []


def test_length_counts_all():
    """Each interval counts in full."""
    assert length([(1, 4), (3, 6)]) == 6


def test_many_calls():
    """Merging often gives the same each time."""
    with tempfile.NamedTemporaryFile("w") as file:
        for number in range(100):
            file.write(f"{number}\\n")
            assert merge([(number, number + 1)]) == [(number, number + 1)]
'''
POINTS = "test_order_and_touching_ends_do_not_matter = 2"
MORE_POINTS = f"{POINTS}\ntest_length_counts_all = 1\ntest_many_calls = 3"
LIMITS = "test_seconds = 10.0\njob_seconds = 60.0"
MORE_LIMITS = "test_seconds = {test_seconds}\njob_seconds = {job_seconds}\nscratch = 4194304"

DIES = '''

def length(intervals):
    """End the student's process, and the one that it is a copy of."""
    import os, signal
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
'''
FILLS = '''

def length(intervals):
    """Fill the scratch space."""
    for number in range(100):
        with open(f"/tmp/{number}", "wb") as file:
            file.write(bytes(1 << 20))
    return 0
'''


def make(root: Path, *, job_seconds: float = 600.0) -> None:
    """Write the course and its submissions below `root`."""
    ignored = shutil.ignore_patterns("template", "__pycache__", "submissions")
    shutil.copytree(TINY, root, ignore=ignored)
    (root / "tests_hidden/test_intervals.py").write_text(HIDDEN)
    manifest = root / "assignments/tiny.toml"
    text = manifest.read_text().replace(POINTS, MORE_POINTS)
    text = text.replace(
        LIMITS, MORE_LIMITS.format(test_seconds=min(60.0, job_seconds), job_seconds=job_seconds)
    )
    # the recorded wrong solution is for `grader verify`, which is not run here
    manifest.write_text(text.partition("[[wrong]]")[0])
    _submissions(root / "submissions")


def _submissions(folder: Path) -> None:
    right = (TINY / "submissions/right/src/intervals.py").read_text()
    wrong = (TINY / "submissions/forgets_to_sort/src/intervals.py").read_text()
    folder.mkdir()
    for name, text in {"right": right, "dies": right + DIES, "fills": right + FILLS}.items():
        (folder / name / "src").mkdir(parents=True)
        (folder / name / "src/intervals.py").write_text(text)
    with zipfile.ZipFile(folder / "wrong.zip", "w") as archive:
        archive.writestr("src/intervals.py", wrong)
    (folder / "nothing").mkdir()
    (folder / "nothing/notes.txt").write_text("I forgot.\n")
