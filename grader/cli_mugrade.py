"""The commands of the mugrade server: answers, keys, attempts, serve-mugrade."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import click

from grader import manifest, sanitize
from grader.cli_paths import Target
from grader.errors import InfrastructureError, UsageError
from grader.mugrade import keys, publishing
from grader.mugrade.store import DATABASE, Store

_store = click.option(
    "--store",
    "folder",
    type=Target(file_okay=False),
    required=True,
    help="Folder of the server: keys, attempts and answers.",
)


@click.group("mugrade")
def mugrade() -> None:
    """Prepare the mugrade server, and read what it recorded."""


@mugrade.command("answers")
@click.argument("name")
@click.argument(
    "tests",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@_store
@click.option(
    "--course",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="Folder with assignments/; by default the first one found from here upward.",
)
def answers_command(name: str, tests: tuple[Path, ...], folder: Path, course: Path | None) -> None:
    """Run the submit_* functions of TESTS on the reference of NAME and publish what they send."""
    found = publishing.make(manifest.find(name, course or Path.cwd()), tests)
    path = Store(folder).publish(found)
    for problem in found.problems.values():
        click.echo(f"{problem.name}: {len(problem.raw)} values")
    click.echo(f"{path}: {len(found.problems)} problems")


@mugrade.command("keys")
@click.argument("owners", nargs=-1)
@_store
@click.option(
    "--roster",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with one student id a line.",
)
@click.option("--staff", is_flag=True, help="Keys that publish, too.")
@click.option("--renew", is_flag=True, help="Replace the keys of those who have one.")
@click.option(
    "--out",
    type=Target(dir_okay=False),
    required=True,
    help="New CSV file for the keys, readable by you only; they are shown nowhere else.",
)
def keys_command(
    owners: tuple[str, ...],
    folder: Path,
    roster: Path | None,
    staff: bool,
    renew: bool,
    out: Path,
) -> None:
    """Make a key for each of OWNERS and of the roster, where there is none yet."""
    listed = _lines(roster) if roster else {}
    names = [*owners, *listed.values()]
    if not names:
        raise UsageError("nobody to make a key for: name students, or give --roster FILE")
    for name in owners:
        _check_owner(name, "")
    for line, name in listed.items():
        _check_owner(name, f"{roster}:{line}: ")
    with _private(out) as file, Store(folder).new_keys(names, staff=staff, renew=renew) as made:
        writer = csv.writer(file)
        writer.writerow(["student", "key"])
        writer.writerows(made.items())
        file.flush()
        os.fsync(file.fileno())
    kept = len(set(names)) - len(made)
    click.echo(f"{out}: {len(made)} new keys; {kept} had one, which stays (--renew replaces it)")


def _check_owner(name: str, place: str) -> None:
    if not keys.is_owner(name):
        raise UsageError(
            f"{place}{name[:80]!a} is no student id: one a line, without spaces, commas, "
            "semicolons and quotes, not beginning with = + - @; no key was made"
        )


def _lines(path: Path) -> dict[int, str]:
    """Return the lines that are not empty, by number."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not UTF-8 text; give one student id a line") from None
    lines = enumerate(text.splitlines(), start=1)
    return {number: line.strip() for number, line in lines if line.strip()}


@contextlib.contextmanager
def _private(path: Path) -> Iterator[TextIO]:
    """Open a new file for its owner only; it goes again when the block fails."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} is there already; keys go to a new file") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@mugrade.command("attempts")
@click.argument("assignment", required=False)
@_store
def attempts_command(assignment: str | None, folder: Path) -> None:
    """Write the recorded attempts at ASSIGNMENT, or all, as CSV, oldest first.

    Each says how many values were sent, and how many of them were right.
    """
    found = Store(folder)
    if not found.exists():
        raise UsageError(f"{folder} is no store of a mugrade server: it has no {DATABASE}")
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(
        ["student", "assignment", "problem", "submission", "started", "correct", "sent", "of"]
    )
    published = {name: found.answers(name) for name in found.published()}
    attempts = found.attempts(assignment)
    if assignment is not None and not attempts and assignment not in published:
        there = ", ".join(published) or "none yet"
        raise UsageError(
            f"{folder} has neither answers nor attempts of {sanitize.name(assignment)!r}; "
            f"answers are there of: {there}"
        )
    for attempt in attempts:
        known = published.get(attempt.assignment)
        problem = known.problems.get(attempt.problem) if known else None
        writer.writerow([*attempt, len(problem.raw) if problem else ""])
    click.echo(buffer.getvalue(), nl=False)


@click.command("serve-mugrade")
@_store
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8642,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--certificate",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TLS certificate, with --private-key; or let a proxy in front do that.",
)
@click.option(
    "--private-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Private key of the certificate.",
)
def serve_command(
    folder: Path, host: str, port: int, certificate: Path | None, private_key: Path | None
) -> None:
    """Answer the mugrade client: `python -m mugrade submit KEY hw1 --server URL`."""
    if (certificate is None) != (private_key is None):
        raise UsageError("--certificate and --private-key go together")
    try:
        from grader.mugrade import serving
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the server needs {error.name}: pip install 'needle-grader[server]'"
        ) from None
    found = Store(folder)
    published = found.published()
    if not published:
        raise UsageError(
            f"{folder} has no answers; run `grader mugrade answers NAME TESTS --store {folder}`"
        )
    for name in published:
        found.answers(name)  # raises where nobody could read them later
    if certificate and private_key:
        _check_certificate(certificate, private_key)
    with _listening(host, port) as listening:
        scheme = "https" if certificate else "http"
        shown = f"[{host}]" if ":" in host else host
        address = f"{scheme}://{shown}:{listening.getsockname()[1]}/"
        settings = serving.config(found, certificate=certificate, private_key=private_key)
        click.echo(f"Answers of {', '.join(published)} at {address} (Ctrl-C ends)")
        with contextlib.suppress(KeyboardInterrupt):  # how a server is meant to end
            serving.run(settings, listening)


def _check_certificate(certificate: Path, private_key: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, private_key)
    except OSError as error:
        raise UsageError(
            f"--certificate {certificate} and --private-key {private_key} are no pair of PEM "
            f"files that belong together: {error.strerror or error}"
        ) from error


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=4096)
    except OSError as error:
        raise InfrastructureError(
            f"cannot listen on {host}:{port}: {error.strerror}; choose another --host or --port"
        ) from error
