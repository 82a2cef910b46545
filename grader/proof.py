"""The proof that an assignment is sound: five parts, each with what is wrong, by file and line.

1. The reference earns all points.
2. The template compiles, imports, and earns none.
3. The release says nothing of the solution and nothing of the hidden tests.
4. The release is the same bytes whenever and wherever it is made, and is what is committed.
5. The recorded wrong solutions lose exactly the tests that are recorded.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from grader import blame, leaks, release, suites, template_build, template_imports
from grader.blame import is_lost
from grader.errors import InfrastructureError, ProofError
from grader.manifest import Assignment, TestSpec
from grader.manifest_rules import WrongSolution
from grader.release import Finding, Release
from grader.results import Report, RunStatus, Status, TestResult

#: grades one submission as students' are graded
Grade = Callable[[Path], Report]

#: findings of one part that are printed
_SHOWN = 25
_BUILD_SECONDS = 120
#: prints the digest of every file of a release, made afresh
_BUILD = """
import hashlib, json, pathlib, sys
from grader import manifest, release
made = release.build(manifest.load(pathlib.Path(sys.argv[1])))
print(json.dumps({name: hashlib.sha256(c).hexdigest() for name, c in made.files.items()}))
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a proof: it holds when nothing was found."""

    title: str
    #: what was looked at
    summary: str
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not self.findings


@dataclasses.dataclass(frozen=True, kw_only=True)
class Proof:
    """What was proven of an assignment, and what was not."""

    assignment: str
    parts: tuple[Part, ...]

    @property
    def ok(self) -> bool:
        return all(part.ok for part in self.parts)

    def render(self) -> str:
        """Return the proof as plain text."""
        return "\n".join(line for n, part in enumerate(self.parts, 1) for line in _lines(n, part))


def _lines(number: int, part: Part) -> Iterator[str]:
    yield f"{number}. {'ok    ' if part.ok else 'FAILED'}  {part.title}: {part.summary}"
    for finding in part.findings[:_SHOWN]:
        yield f"     {finding}"
    if len(part.findings) > _SHOWN:
        yield f"     ... and {len(part.findings) - _SHOWN} more"


def prove(assignment: Assignment, grade: Grade) -> Proof:
    """Look at all five parts; raises MarkerError or ManifestError where no release can be made."""
    made = release.build(assignment)
    return Proof(
        assignment=assignment.name,
        parts=(
            reference_part(assignment, made, grade),
            template_part(assignment, made, grade),
            secrecy_part(assignment, made),
            reproducible_part(assignment, made),
            wrong_part(assignment, grade),
        ),
    )


def reference_part(assignment: Assignment, made: Release, grade: Grade) -> Part:
    """Prove that the reference earns all points."""
    report = _graded(assignment, grade, assignment.reference_dir)
    findings = [_unexpected(spec, result) for spec, result in _results(assignment, report)]
    lost = [finding for finding in findings if finding is not None]
    suspects = blame.suspects(assignment, made, report) if lost else ()
    return Part(
        title="the reference earns all points",
        summary=f"{_points(assignment, report)} in {len(findings)} tests",
        findings=(*suspects, *lost),
    )


def template_part(assignment: Assignment, made: Release, grade: Grade) -> Part:
    """Prove that the template compiles and imports, and earns nothing."""
    with tempfile.TemporaryDirectory(prefix="grader-proof-") as scratch:
        folder, built = Path(scratch) / "template", Path(scratch) / "built"
        release.write_files(made.files, folder)
        release.write_files(made.files, built)
        findings = list(template_build.build(assignment, made, built))
        findings = findings or list(template_imports.check(assignment, made, built))
        report = _graded(assignment, grade, folder)
        _refuse_broken(assignment, report, folder)
    for spec, result in _results(assignment, report):
        if result.score > 0:
            sentence = f"{spec.function} gives {result.score:g} points for nothing but the template"
            findings.append(_at(spec, sentence))
    compiled = f"{len(assignment.native)} modules compiled, " if assignment.native else ""
    return Part(
        title="the template earns nothing",
        summary=f"{compiled}{len(template_imports.modules(assignment, made))} modules imported, "
        f"{_points(assignment, report)}",
        findings=tuple(findings),
    )


def secrecy_part(assignment: Assignment, made: Release) -> Part:
    """Prove that the release gives away neither the solution nor a hidden test."""
    search = leaks.search(assignment, made, assignment.template_dir)
    return Part(
        title="nothing leaks",
        summary=f"{search.solution_lines} statements of the solution and {search.hidden_lines} of "
        f"the hidden tests sought in {search.files} files",
        findings=search.findings,
    )


def reproducible_part(assignment: Assignment, made: Release) -> Part:
    """Prove that a release depends on nothing but the assignment, and that it is committed."""
    return Part(
        title="the release is reproducible and committed",
        summary=f"{len(made.files)} files made again and compared with "
        f"{assignment.shown(assignment.template_dir)}",
        findings=(*_unstable(assignment), *_stale(assignment, made)),
    )


def wrong_part(assignment: Assignment, grade: Grade) -> Part:
    """Prove that every recorded wrong solution loses the tests that are recorded, and no other."""
    findings: list[Finding] = []
    for number, wrong in enumerate(assignment.wrong):
        with _written_out(assignment, wrong) as submission:
            report = _graded(assignment, grade, submission)
            _refuse_broken(assignment, report, submission)
        for spec, result in _results(assignment, report):
            if is_lost(result) == (spec.id in wrong.loses):
                continue
            keys: tuple[str | int, ...] = ("wrong", number, "loses")
            sentence = f"{wrong.title} loses {spec.id}, which is not recorded"
            if not is_lost(result):
                keys = (*keys, wrong.loses.index(spec.id))
                sentence = f"{wrong.title} passes {spec.id}, which is recorded as lost"
            path, line = assignment.where(*keys).rsplit(":", 1)
            findings.append(Finding(path=path, line=int(line), sentence=sentence))
    return Part(
        title="wrong solutions lose what is recorded",
        summary=f"{len(assignment.wrong)} wrong solutions graded",
        findings=tuple(findings),
    )


@contextlib.contextmanager
def _written_out(assignment: Assignment, wrong: WrongSolution) -> Iterator[Path]:
    """Yield the folder of a wrong solution; edits are made in a copy of the reference."""
    if wrong.submission is not None:
        yield assignment.root / wrong.submission
        return
    with tempfile.TemporaryDirectory(prefix="grader-proof-") as scratch:
        folder = Path(scratch) / "wrong"
        for path in suites.files(assignment.reference_dir):
            target = folder / path.relative_to(assignment.reference_dir)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
        for edit in wrong.edits:
            target = folder / edit.file
            target.write_text(target.read_text(encoding="utf-8").replace(edit.find, edit.replace))
        yield folder


# -- grading ---------------------------------------------------------------------------


def _graded(assignment: Assignment, grade: Grade, submission: Path) -> Report:
    """Return the report of a submission; raise unless there is a verdict on every test."""
    report = grade(submission)
    name = assignment.shown(submission)
    if report.status is RunStatus.REJECTED:
        raise ProofError(f"{name} is refused on intake: {report.message}")
    missing = {spec.id for spec in assignment.tests} - {result.id for result in report.tests}
    if missing:
        reasons = "; ".join((report.message, *report.flags))
        raise InfrastructureError(f"{name}: no result for {len(missing)} tests: {reasons}")
    return report


def _results(assignment: Assignment, report: Report) -> Iterator[tuple[TestSpec, TestResult]]:
    results = {result.id: result for result in report.tests}
    return ((spec, results[spec.id]) for spec in assignment.tests)


def _refuse_broken(assignment: Assignment, report: Report, submission: Path) -> None:
    """Raise if the grader failed: a test that did not run proves nothing."""
    for spec, result in _results(assignment, report):
        if result.status is Status.BROKEN:
            reason = result.staff_message or result.message
            name = assignment.shown(submission)
            raise InfrastructureError(f"{name}: the grader failed on {spec.id}: {reason}")


def _points(assignment: Assignment, report: Report) -> str:
    return f"{report.score or 0:g} of {assignment.max_score:g} points"


def _unexpected(spec: TestSpec, result: TestResult) -> Finding | None:
    """Return the finding for a test that the reference must not lose."""
    if not is_lost(result):
        return None
    text = (result.staff_message or result.message).strip()
    reason = f": {text.splitlines()[0]}" if text else ""
    return _at(spec, f"{spec.function} ends with {result.status} on the reference{reason}")


def _at(spec: TestSpec, sentence: str) -> Finding:
    return Finding(path=spec.path.as_posix(), line=spec.line, sentence=sentence)


# -- making it again -------------------------------------------------------------------


def _unstable(assignment: Assignment) -> Iterator[Finding]:
    """Yield the files that come out differently in another process, folder and hash seed."""
    with tempfile.TemporaryDirectory(prefix="grader-proof-") as elsewhere:
        first = _build_again(assignment, Path(elsewhere), "1", "UTC")
        second = _build_again(assignment, assignment.root, "2", "Asia/Tokyo")
    shown = assignment.shown(assignment.template_dir)
    for name in sorted(first.keys() | second.keys()):
        if first.get(name) != second.get(name):
            sentence = "is made differently each time"
            yield Finding(path=f"{shown}/{name}", line=1, sentence=sentence)


def _stale(assignment: Assignment, made: Release) -> Iterator[Finding]:
    """Yield what differs in the committed template."""
    shown = assignment.shown(assignment.template_dir)
    advice = f"run `grader release {assignment.name}` and commit the result"
    if not assignment.template_dir.is_dir():
        yield Finding(path=shown, line=1, sentence=f"is not there; {advice}")
        return
    for difference in release.differences(made, assignment.template_dir):
        path = f"{shown}/{difference.path}"
        yield Finding(path=path, line=difference.line, sentence=f"{difference.sentence}; {advice}")


def _build_again(assignment: Assignment, cwd: Path, seed: str, zone: str) -> dict[str, str]:
    """Return the digests of a release that another process made."""
    package = Path(__file__).parents[1]
    run = subprocess.run(
        [sys.executable, "-B", "-P", "-c", _BUILD, str(assignment.path)],
        cwd=cwd,
        env={
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(package),
            "PYTHONHASHSEED": seed,
            "TZ": zone,
        },
        capture_output=True,
        text=True,
        timeout=_BUILD_SECONDS,
        check=False,
    )
    if run.returncode:
        raise InfrastructureError(f"the release cannot be made by itself:\n{run.stderr.strip()}")
    digests: dict[str, str] = json.loads(run.stdout)
    return digests
