"""What is done to files, ours and students', each as a function of the trial."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults import course
from tests.faults.trial import Trial, fill, run

SMALL = 8 << 20


def small_out(trial: Trial) -> None:
    """Give --out a file system of its own."""
    trial.file_system(trial.out, SMALL)


def fill_out(trial: Trial) -> None:
    """Use all the space of --out."""
    trial.sleep()
    fill(trial.out)


def empty_out(trial: Trial) -> None:
    """Make space again."""
    (trial.out / ".ballast").unlink(missing_ok=True)


def small_temporary(trial: Trial) -> None:
    """Give temporary files a file system of their own."""
    trial.file_system(trial.temporary, SMALL)


def fill_temporary(trial: Trial) -> None:
    """Use all the space for temporary files."""
    trial.sleep()
    fill(trial.temporary)


def empty_temporary(trial: Trial) -> None:
    """Make space again."""
    (trial.temporary / ".ballast").unlink(missing_ok=True)


def lock_out(trial: Trial) -> None:
    """Make --out read-only."""
    trial.sleep()
    # the kernel refuses while a file is open for writing
    while True:
        with contextlib.suppress(subprocess.CalledProcessError):
            return run("mount", "-o", "remount,ro", str(trial.out))
        time.sleep(0.001)


def unlock_out(trial: Trial) -> None:
    """Make --out writable again."""
    run("mount", "-o", "remount,rw", str(trial.out))


def remove_out(trial: Trial) -> None:
    """Remove --out."""
    trial.sleep()
    shutil.rmtree(trial.out, ignore_errors=True)


def _damaged(trial: Trial, damage: Callable[[Path], None], pattern: str) -> None:
    """Grade everything, then damage one file of the reports."""
    trial.wait(trial.start())
    damage(trial.random.choice(sorted(trial.out.glob(pattern))))


def truncated_report(trial: Trial) -> None:
    """Cut off a report that is there."""

    def cut(path: Path) -> None:
        os.truncate(path, trial.random.randrange(path.stat().st_size))

    _damaged(trial, cut, "*/report.json")


def garbled_report(trial: Trial) -> None:
    """Lose a block of a report that is there."""

    def change(path: Path) -> None:
        data = bytearray(path.read_bytes())
        place = trial.random.randrange(len(data))
        data[place : place + 512] = bytes(len(data[place : place + 512]))
        path.write_bytes(data)
        trial.done.append(f"zeros from {place} in {path}")

    _damaged(trial, change, "*/report.json")


def flipped_report(trial: Trial) -> None:
    """Change one bit of a report that is there."""

    def change(path: Path) -> None:
        data = bytearray(path.read_bytes())
        place = trial.random.randrange(len(data))
        data[place] ^= 1 << trial.random.randrange(8)
        path.write_bytes(data)
        trial.done.append(f"byte {place} of {path}")

    _damaged(trial, change, "*/report.json")


def truncated_page(trial: Trial) -> None:
    """Empty a file beside a report."""
    _damaged(trial, lambda path: os.truncate(path, 0), "[drw]*/[irs]*[lt][ms]*")


def _archive(trial: Trial) -> Path:
    return trial.submission("wrong.zip")


def corrupt_archive(trial: Trial) -> None:
    """Change some bytes of an archive."""
    data = bytearray(_archive(trial).read_bytes())
    for _ in range(trial.random.randrange(1, 6)):
        data[trial.random.randrange(len(data))] ^= trial.random.randrange(1, 256)
    trial.sleep()
    _archive(trial).write_bytes(data)


def truncate_archive(trial: Trial) -> None:
    """Cut off an archive."""
    size = trial.random.randrange(_archive(trial).stat().st_size)
    trial.sleep()
    os.truncate(_archive(trial), size)


def restore_archive(trial: Trial) -> None:
    """Put the archive back."""
    _restore(trial, "submissions/wrong.zip")


def remove_submission(trial: Trial) -> None:
    """Remove the folder of a submission."""
    trial.sleep()
    shutil.rmtree(trial.submission("right"))


def restore_submission(trial: Trial) -> None:
    """Put the folder back."""
    _restore(trial, "submissions/right")


def remove_hidden_tests(trial: Trial) -> None:
    """Remove the hidden tests."""
    trial.sleep()
    (trial.course / "tests_hidden/test_intervals.py").unlink()


def restore_hidden_tests(trial: Trial) -> None:
    """Put the hidden tests back."""
    _restore(trial, "tests_hidden/test_intervals.py")


def _restore(trial: Trial, name: str) -> None:
    """Put a file or folder of the course back as it was."""
    fresh = trial.folder / "fresh"
    course.make(fresh)
    target = trial.course / name
    if (fresh / name).is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(fresh / name, target)
    else:
        shutil.copyfile(fresh / name, target)
