"""Sessions over the fake sandbox, for tests of the proxy."""

from __future__ import annotations

import dataclasses
import sys
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grader import proxy
from grader.proxy.client import Session
from grader.sandbox.base import Limits, Running
from grader.sandbox.fake import FakeSandbox

REPOSITORY = Path(__file__).resolve().parent.parent
PROXY = REPOSITORY / "grader" / "proxy"
PUPPET = Path(__file__).parent / "proxy_cases" / "puppet.py"

LIMITS = Limits(call_seconds=20, import_seconds=20, test_seconds=30)


def student_session(folder: Path, sources: Mapping[str, str], **options: Any) -> Session:
    """Return a session whose student's files are `sources`."""
    for name, text in sources.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
    limits = options.pop("limits", LIMITS)
    command = proxy.worker_command(
        sys.executable, str(PROXY), scratch=[str(path) for path in options.pop("scratch", [])]
    )

    def start() -> Running:
        return FakeSandbox().start(command, mounts=[], workdir=str(folder), limits=limits)

    names = {Path(name).parts[0].removesuffix(".py") for name in sources}
    return Session(
        start,
        limits=limits,
        modules=options.pop("modules", names),
        path=["."],
        exports=options.pop("exports", {}),
        **options,
    )


def puppet_session(attack: str, **limits: float) -> Session:
    """Return a session whose worker answers the first request with `attack`."""
    chosen = dataclasses.replace(LIMITS, **limits)  # type: ignore[arg-type]
    command = [sys.executable, "-B", str(PUPPET), str(REPOSITORY), attack]

    def start() -> Running:
        return FakeSandbox().start(command, mounts=[], workdir="/", limits=chosen)

    return Session(start, limits=chosen, modules={"student"}, path=[], exports={})


@contextmanager
def installed(session: Session) -> Iterator[Session]:
    """Install a session, and close it at the end."""
    session.install()
    try:
        yield session
    finally:
        session.uninstall()
        session.close()


@contextmanager
def test_of(folder: Path, source: str, **options: Any) -> Iterator[tuple[Session, Any]]:
    """Give a session and the module `student`, inside one test."""
    with (
        installed(student_session(folder, {"student.py": source}, **options)) as session,
        session.running("none", seconds=30),
    ):
        import student  # type: ignore[import-not-found]

        yield session, student


test_of.__test__ = False  # type: ignore[attr-defined]
