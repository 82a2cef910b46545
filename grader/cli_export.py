"""The command `grader export`."""

from __future__ import annotations

from pathlib import Path

import click

from grader import manifest, targets
from grader.cli_paths import Target


@click.command("export")
@click.argument("name")
@click.argument("destination", type=Target())
@click.option(
    "--to", "target", type=click.Choice(sorted(targets.TARGETS)), required=True, help="System."
)
@click.option(
    "--overwrite", is_flag=True, help="Write over what was changed since the last export."
)
@click.option(
    "--course",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="Folder with assignments/; by default the first one found from here upward.",
)
def export_command(
    name: str, destination: Path, target: str, overwrite: bool, course: Path | None
) -> None:
    """Write assignment NAME for another system to DESTINATION.

    \b
    gradescope  DESTINATION is a zip, which Gradescope builds an autograder from
    nbgrader    DESTINATION is the folder of an nbgrader course; source/NAME is written there
    """
    assignment = manifest.find(name, course or Path.cwd())
    request = targets.Request(assignment=assignment, destination=destination, overwrite=overwrite)
    for sentence in targets.TARGETS[target](request):
        click.echo(sentence)
