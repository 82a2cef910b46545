"""The command `grader import`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from grader.cli_paths import Target
from grader.importing import draft, gradescope, nbgrader, otter

#: system -> what reads an assignment of it
IMPORTERS: dict[str, Callable[[Path], draft.Draft]] = {
    "gradescope": gradescope.read,
    "nbgrader": nbgrader.read,
    "otter": otter.read,
}


@click.command("import")
@click.argument("system", type=click.Choice(sorted(IMPORTERS)))
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out",
    type=Target(file_okay=False),
    required=True,
    help="New or empty folder for the course.",
)
def import_command(system: str, path: Path, out: Path) -> None:
    """Turn an assignment of another SYSTEM at PATH into a course of ours in --out.

    Lists with file and line what could not be carried over. Nothing of PATH is executed.
    """
    made = IMPORTERS[system](path)
    draft.write(made, out)
    for finding in made.findings:
        click.echo(finding)
    points = sum(test.points for question in made.questions for test in question.tests)
    tests = sum(len(question.tests) for question in made.questions)
    click.echo(
        f"{out}: {made.name}, {len(made.questions)} questions, {tests} tests, {points:g} points; "
        f"{len(made.findings)} things were not carried over"
    )
    for step in ("release", "verify"):
        click.echo(f"Next: grader {step} {made.name} --course {out}")
