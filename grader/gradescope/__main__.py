"""The entry of `run_autograder`: `python -m grader.gradescope NAME`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import click

from grader.errors import GraderError
from grader.gradescope import autograder


@click.command()
@click.argument("name")
@click.option("--started", type=float, default=time.time, help="When the run began, since 1970.")
@click.option(
    "--autograder",
    "root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("/autograder"),
    show_default=True,
    help="Folder of the autograder.",
)
def main(name: str, started: float, root: Path) -> None:
    """Grade what was handed in for assignment NAME, and write results/results.json."""
    place = autograder.Place(root=root)
    limit = os.environ.get("TIMEOUT_SECONDS", "")
    try:
        sys.exit(autograder.run(name, place, started=started, limit=limit))
    except GraderError as error:
        print(f"autograder: no score: {error}", flush=True)
        sys.exit(3)


if __name__ == "__main__":
    main()
