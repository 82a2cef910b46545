"""The commands `grader image build` and `grader image check`."""

from __future__ import annotations

from pathlib import Path

import click

from grader.errors import ProofError, UsageError
from grader.images import canaries, context, making, scanning
from grader.images.engine import Images

_course = click.option(
    "--course",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="A clone of the grader; by default the one that this folder is in.",
)
_name = click.option(
    "--name",
    default="needle-grader",
    show_default=True,
    help="What the whole image is called; the student's has -worker after it.",
)


@click.group("image")
def image() -> None:
    """Make the images that grading runs in, and search them for what students may not see."""


@image.command("build")
@click.option(
    "--base",
    "wanted",
    default="",
    help="A Debian or Ubuntu image to build upon, or `made`: one that is made here, without a "
    "registry. Default: the one that the Dockerfile names; where it cannot be had, a made one.",
)
@click.option("--fresh", is_flag=True, help="Use nothing of earlier builds.")
@_name
@_course
def build_command(wanted: str, fresh: bool, name: str, course: Path | None) -> None:
    """Build the student's image and the whole one."""
    root = context.root_of(course or Path.cwd())
    made = making.build(Images(), root, name=name, wanted=wanted, fresh=fresh, say=click.echo)
    for each in made:
        click.echo(f"{each.name}: {each.size / 1e6:.0f} MB, {each.id}")
    click.echo(
        f"Next: grader image check --name {name}; grader grade ... --sandbox docker "
        f"--image {name}-worker; docs/containers.md for one container that grades by itself"
    )


@image.command("check")
@_name
@_course
def check_command(name: str, course: Path | None) -> None:
    """Search every layer of the student's image; say what is there by layer and path."""
    root = context.root_of(course or Path.cwd())
    images = Images()
    full = f"{name}-worker:latest"
    about = images.find(full)
    if about is None:
        raise UsageError(f"image {full} is not here: run `grader image build --name {name}`")
    for sentence in making.outdated(about, root):
        click.echo(f"grader: warning: {full}: {sentence}", err=True)
    problems = list(making.unsafe(about))
    found = scanning.scan(images, full, canaries.of(root))
    problems += map(str, found.leaks)
    if problems:
        listing = "\n  ".join(problems)
        raise ProofError(f"image {full} gives away or allows what it may not:\n  {listing}")
    if found.unread:
        shown = ", ".join(found.unread[:5])
        click.echo(
            f"grader: warning: {full}: not looked into: {len(found.unread)} files that are "
            f"damaged, too large or compressed in another way than gzip and zip: {shown}",
            err=True,
        )
    click.echo(
        f"{full}: {found.layers} layers, {found.files} files: no test, no solution, no grader"
    )
