"""Submissions as students send them, made from three right ones by small changes.

`python -m tests.parity.submissions FOLDER [NAME...]` writes them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from tests.parity.answers import ANSWERS
from tests.parity.habits import HABITS

SUBMISSIONS = {**ANSWERS, **HABITS}


def write(folder: Path, names: Iterable[str] = SUBMISSIONS) -> list[Path]:
    """Write submissions below a folder and return their own folders."""
    for name in names:
        for path, data in SUBMISSIONS[name].files().items():
            target = folder / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    return [folder / name for name in names]


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2:] or SUBMISSIONS)
