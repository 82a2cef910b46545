"""The command line: release, verify, grade, report, data; others are in modules of their own."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from pathlib import Path

import click
from click.core import ParameterSource
from rich.console import Console

from grader import (
    __version__,
    batch,
    building,
    cli_ends,
    datasets,
    export,
    intake,
    isolation,
    manifest,
    orders,
    progress,
    proof,
    record,
    release,
    server,
)
from grader.cli_paths import Target
from grader.errors import GraderError, InfrastructureError, UsageError
from grader.lms import gradebooks
from grader.nbcourse import submitted, writing
from grader.results import Report, RunStatus
from grader.server import ForkServer

#: `grader report --to`: what writes into the folder of another system's course
COURSES = {"nbgrader": writing.write}
#: the largest seed: what every reader of JSON and every generator takes
_SEEDS = (1 << 63) - 1
#: command -> module and name of what is imported when it is asked for: grading starts sooner
ELSEWHERE = {
    "export": ("cli_export", "export_command"),
    "image": ("cli_image", "image"),
    "import": ("cli_import", "import_command"),
    "mugrade": ("cli_mugrade", "mugrade"),
    "serve-mugrade": ("cli_mugrade", "serve_command"),
}


class _Commands(cli_ends.Commands):
    """All commands, those of other modules included."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted([*super().list_commands(context), *ELSEWHERE])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in ELSEWHERE:
            return super().get_command(context, name)
        module, attribute = ELSEWHERE[name]
        command: click.Command = getattr(importlib.import_module(f"grader.{module}"), attribute)
        return command


_course = click.option(
    "--course",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="Folder with assignments/; by default the first one found from here upward.",
)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="grader")
def main() -> None:
    """Release homework with proof; grade submissions with a verdict that student code cannot reach.

    \b
    Exit codes: 0 a report was made for every submission, whatever the scores
                1 a submission could not be graded, and it is the student's doing
                2 usage or assignment error
                3 the grader or the machine failed
    """


@main.command("release")
@click.argument("name")
@click.option(
    "--out",
    type=Target(),
    help="Folder, or a path ending in .zip. Default: the manifest's template folder.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail unless what is there is current.")
@_course
def release_command(name: str, out: Path | None, check: bool, course: Path | None) -> None:
    """Write the student template of assignment NAME and list what was stripped."""
    assignment = manifest.find(name, course or Path.cwd())
    made = release.build(assignment)
    target = out or assignment.template_dir
    if check:
        if not target.is_dir():
            raise UsageError(f"--check compares a folder, and {target} is none; give --out FOLDER")
        _require_current(release.is_current(made, target), target, name)
        click.echo(f"{target} is current ({len(made.files)} files)")
        return
    if target.suffix == ".zip":
        release.write_zip(made, target)
    else:
        release.write(made, target)
    for block in made.blocks:
        click.echo(
            f"{block.path}:{block.first_line}-{block.last_line}: {block.name}, "
            f"{len(block.removed)} lines stripped"
        )
    click.echo(f"{target}: {len(made.files)} files, {len(made.blocks)} blocks, {made.digest[:12]}")


def _require_current(differences: list[str], target: Path, name: str) -> None:
    if differences:
        listing = "\n  ".join(differences)
        raise UsageError(
            f"{target} is not what `grader release {name}` writes:\n  {listing}\n"
            f"Run `grader release {name}` and commit the result."
        )


@main.command("verify")
@click.argument("name", required=False)
@click.option("--sandbox", "backend", default="auto", show_default=True, help="Where to grade.")
@_course
def verify_command(name: str | None, backend: str, course: Path | None) -> None:
    """Prove that assignment NAME is sound; without NAME, say what this machine isolates."""
    if name is None:
        _verify_machine()
        return
    assignment = manifest.find(name, course or Path.cwd())
    box = isolation.choose(backend, _warn)
    with orders.grading(assignment, box=box, isolated=box.isolates) as grade_one:
        made = proof.prove(assignment, grade_one)
    click.echo(made.render())
    if not made.ok:
        raise UsageError(f"{name} is not proven; see above")


def _verify_machine() -> None:
    findings = isolation.survey()
    console = cli_ends.console()
    for finding in findings:
        console.print(progress.probes(finding))
    console.print(f"C++ compiler for the native code of submissions: {building.compiler()}")
    if not any(finding.isolates for finding in findings):
        raise InfrastructureError(
            "no back end isolates student code on this machine; install bubblewrap "
            "(apt-get install bubblewrap) and run `grader verify` again"
        )


@main.command("grade")
@click.argument("name")
@click.argument("submissions", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--from-nbgrader",
    "collected",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of an nbgrader course: grade what is in its submitted/STUDENT/NAME.",
)
@click.option(
    "--out",
    type=Target(file_okay=False),
    required=True,
    help="Folder for the reports; give the same one again to go on with an interrupted run.",
)
@click.option(
    "--sandbox",
    "backend",
    default="auto",
    show_default=True,
    help="auto (the strongest that isolates here), bubblewrap, docker, container or process.",
)
@click.option(
    "--image",
    envvar="GRADER_IMAGE",
    default="",
    help="With --sandbox docker: the image that student code runs in. Default: an empty one, in "
    "which this machine's programs are shown read-only.",
)
@click.option(
    "--device",
    type=click.Choice(["cpu", "cuda"]),
    default="cpu",
    show_default=True,
    help="What student code computes on; cuda needs --sandbox docker.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=lambda: len(os.sched_getaffinity(0)),
    show_default="one per processor",
    help="Submissions graded at the same time.",
)
@click.option("--seed", type=click.IntRange(0, _SEEDS), help="Default: derived from the inputs.")
@click.option(
    "--tests",
    "extra",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An extra pytest file, one point a test; may be repeated.",
)
@_course
@click.pass_obj
def grade_command(
    running: ForkServer | None,
    name: str,
    submissions: tuple[Path, ...],
    collected: Path | None,
    out: Path,
    backend: str,
    image: str,
    device: str,
    jobs: int,
    seed: int | None,
    extra: tuple[Path, ...],
    course: Path | None,
) -> None:
    """Grade SUBMISSIONS (folders or archives) of assignment NAME into --out.

    Interrupted runs go on where they stopped: what has been graded with the same inputs is kept.
    """
    assignment = manifest.find(name, course or Path.cwd())
    jobs = orders.jobs_on(device, backend, jobs)
    asked = click.get_current_context().get_parameter_source("image")
    if image and backend != "docker" and asked is ParameterSource.COMMANDLINE:
        raise UsageError(f"--image {image}: --sandbox {backend} has no images; say docker")
    paths, names = _submissions(name, submissions, collected, out)
    console = cli_ends.console()
    with server.started() if running is None else contextlib.nullcontext(running) as forks:
        # the server reads the course while the machine is probed
        orders.announce(assignment, server=forks, isolated=backend != "process", extra=extra)
        settings = json.dumps({"image": image, "device": device}) if backend == "docker" else ""
        box = isolation.choose(backend, _warn, settings)
        todo = orders.make(
            assignment,
            paths,
            names=names,
            out=out,
            server=forks,
            box=box,
            isolated=box.isolates,
            device=device,
            seed=seed,
            extra=extra,
        )
        tests = len(assignment.tests) + len(todo[0].extra_items)
        with progress.Display(console, submissions=len(todo), tests=tests) as display:
            reports = batch.run(
                todo,
                forks,
                out=out.resolve(),
                jobs=jobs,
                job_seconds=todo[0].limits.job_seconds,
                show=display,
                require=box.require,
            )
    console.print(progress.table(reports))
    console.print(f"Reports: {out}/index.html, {out}/scores.csv", highlight=False)
    sys.exit(exit_code(reports))


def _submissions(
    name: str, given: tuple[Path, ...], collected: Path | None, out: Path
) -> tuple[list[Path], list[str]]:
    """Return the submissions and their names: those given, or those that nbgrader collected."""
    if bool(given) == (collected is not None):
        raise UsageError("give SUBMISSIONS (folders or archives), or --from-nbgrader COURSE")
    if collected is None:
        named = batch.names(given)
        for path, used in zip(given, named, strict=True):
            if used != intake.name_of(path):
                click.echo(f"grader: {path} is called {used} in the reports", err=True)
        return list(given), named
    folders = submitted.find(collected, name)
    submitted.remember(out, name, folders)
    return folders, submitted.names(folders)


def exit_code(reports: list[Report]) -> int:
    """Return what a run ends with: the machine's failure outweighs a student's."""
    statuses = {report.status for report in reports}
    if RunStatus.BROKEN in statuses:
        return 3
    return 1 if RunStatus.REJECTED in statuses else 0


@main.command("report")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument(
    "destination",
    required=False,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option(
    "--to",
    "target",
    type=click.Choice(sorted([*export.EXPORTERS, *COURSES, *gradebooks.SYSTEMS])),
    required=True,
    help="Format.",
)
@click.option("--out", type=Target(file_okay=False), help="Where to write. Default: FOLDER.")
@click.option(
    "--roster",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="For gradebooks: who is in the course, as the system exports it.",
)
@click.option(
    "--column", help="For gradebooks: what the assignment is called there. Default: its name."
)
def report_command(
    folder: Path,
    destination: Path | None,
    target: str,
    out: Path | None,
    roster: Path | None,
    column: str | None,
) -> None:
    """Write the reports in FOLDER in another format.

    --to canvas, moodle and gradescope-csv write a file that the gradebook takes, for the students
    of --roster, and list whoever is left out.

    --to nbgrader writes scores, comments and feedback pages into DESTINATION, an nbgrader course.
    """
    record.require_whole(folder)
    found = record.load_all(folder)
    if not found:
        raise UsageError(
            f"{folder} holds no report.json below it; "
            f"run `grader grade NAME SUBMISSION... --out {folder}` first"
        )
    _check_fit(
        target, {"DESTINATION": destination, "--roster": roster, "--column": column, "--out": out}
    )
    if roster is not None:
        for sentence in gradebooks.write(found, target, roster, out or folder, column):
            click.echo(sentence)
        return
    if destination is not None:
        for sentence in COURSES[target](found, folder, destination):
            click.echo(sentence)
        return
    for path in export.EXPORTERS[target](found, out or folder):
        click.echo(path)


def _check_fit(target: str, given: dict[str, object]) -> None:
    """Raise where something is missing that a format needs, or given that it has no use for."""
    books, courses = set(gradebooks.SYSTEMS), set(COURSES)
    users = {"DESTINATION": courses, "--roster": books, "--column": books}
    users["--out"] = set(export.EXPORTERS) | books
    for what, of in users.items():
        if given[what] is not None and target not in of:
            raise UsageError(
                f"--to {target} has no use for {what}; it is for {', '.join(sorted(of))}"
            )
    if target in courses and given["DESTINATION"] is None:
        raise UsageError(f"--to {target}: DESTINATION is missing, the folder of the course")
    if target in books and given["--roster"] is None:
        raise UsageError(f"--to {target}: --roster FILE is missing, as {target} exports it")


@main.command("data")
@click.argument("names", nargs=-1)
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with files that were downloaded elsewhere.",
)
@_course
def data_command(names: tuple[str, ...], source: Path | None, course: Path | None) -> None:
    """Fetch the data sets NAMES, check their digests and unpack them; without NAMES, list all.

    Nothing is fetched twice, and a file with a wrong digest is never put in place.
    """
    found = datasets.find(course or Path.cwd())
    console = cli_ends.console()
    if not names:
        console.print(progress.data_sets(found))
        if source is None:
            console.print(found.by_hand(), highlight=False, soft_wrap=True)
        return
    problems = []
    for name in names:
        for file in found.get(name).file:
            try:
                click.echo(f"{name}: {_in_place(found, file, source, console)}")
            except GraderError as error:  # the others may still be had
                problems.append(error)
    if problems:
        click.echo("\n".join(f"grader: {error}" for error in problems), err=True)
        sys.exit(problems[0].exit_code)


def _in_place(
    found: datasets.DataSets, file: datasets.DataFile, source: Path | None, console: Console
) -> str:
    """Put one file in its place, and say so."""
    if found.state(file) == "there":
        return f"{file.path} is there, and right"
    if source is not None:
        sha256 = found.take(file, source)
    else:
        with progress.Download(console, file.path) as show:
            sha256 = found.fetch(file, show)
    return f"{file.path} is in place, sha256 {sha256}"


def _warn(text: str) -> None:
    click.echo(f"grader: warning: {text}", err=True)


if __name__ == "__main__":
    main()
