"""Reports on disk: what they are made from, and writing them so that none is ever half there."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from grader import __version__, building, export, provenance
from grader.errors import InfrastructureError, SubmissionRejected
from grader.export import files
from grader.order import Order
from grader.results import Provenance, Report, RunStatus

#: written last: a folder that has it is complete
REPORT = "report.json"


def origin(order: Order, submission_digest: str) -> Provenance:
    """Return what a report of `order` is made from."""
    assignment, tests = order.digests()
    seed = order.seed
    if seed is None:
        seed = provenance.derive_seed(assignment, tests, submission_digest)
    return Provenance(
        submission_digest=submission_digest,
        assignment_digest=assignment,
        tests_digest=tests,
        grader_version=__version__,
        grader_digest=provenance.grader_digest(),
        sandbox=order.sandbox,
        isolated=order.isolated,
        image=_image(order),
        device=order.device,
        seed=seed,
        limits=dataclasses.asdict(order.limits),
        host=provenance.host() | _compiler(order),
        gpu=order.gpu,
        cuda=_cuda(order),
    )


def _image(order: Order) -> str | None:
    """Return the digest of the image that student code runs in, if the back end was given one."""
    return json.loads(order.sandbox_settings or "{}").get("image") or None


def _compiler(order: Order) -> dict[str, str]:
    return {"compiler": building.compiler()} if order.loaded.native else {}


def _cuda(order: Order) -> str | None:
    """Say how CUDA code was run: every back end compiles it for the CPU."""
    return "emulated" if any(n.source.endswith(".cu") for n in order.loaded.native) else None


def rejected(order: Order, rejection: SubmissionRejected) -> Report:
    """Return the report of a submission that intake refused, which is the student's doing."""
    return _without_tests(
        order,
        RunStatus.REJECTED,
        f"Not graded: {rejection}. Nothing was run and no attempt is used. "
        "Fix this and hand in again.",
    )


def broken(order: Order, reason: str) -> Report:
    """Return the report of a submission that the grader failed on: no score, and staff are told."""
    report = _without_tests(
        order,
        RunStatus.BROKEN,
        "The grader failed on this submission; staff are told. No attempt is lost.",
    )
    return dataclasses.replace(report, flags=(reason,))


def _without_tests(order: Order, status: RunStatus, why: str) -> Report:
    return Report(
        submission=order.name,
        assignment=order.loaded.name,
        status=status,
        score=None,
        max_score=order.max_score,
        tests=(),
        provenance=origin(order, ""),
        message=why,
    )


def write(report: Report, folder: Path) -> None:
    """Write all files of one report; report.json comes last and makes the folder complete."""
    folder.mkdir(parents=True, exist_ok=True)
    files.clear(folder)
    export.write_submission(report, folder)
    files.write(folder / REPORT, report.to_json(), mode=0o600, lasting=True)


def refresh(folder: Path) -> None:
    """Write what lies beside a report that stands again: a power cut can have emptied it."""
    files.clear(folder)
    report = load(folder)
    if report is not None:
        export.write_submission(report, folder)


def load(folder: Path) -> Report | None:
    """Return the report in `folder`, or None when there is none, or one that was damaged."""
    try:
        return Report.from_json((folder / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def load_all(out: Path) -> list[Report]:
    """Return every report below `out` that can be read, sorted by submission."""
    found = (load(path.parent) for path in _paths(out))
    return [report for report in found if report is not None]


def require_whole(out: Path) -> None:
    """Raise if a report below `out` is damaged: its submission would be missing in every list."""
    damaged = [path for path in _paths(out) if load(path.parent) is None]
    if damaged:
        raise InfrastructureError(
            f"{damaged[0]}: this is not the report that was written ({len(damaged)} in all are "
            "damaged: a digest in each says what it held); to make it anew, run `grader grade` "
            f"with submission {damaged[0].parent.name} and the same --out, or remove its folder"
        )


def _paths(out: Path) -> list[Path]:
    return sorted(out.glob(f"*/{REPORT}"))


def stands(folder: Path, made_from: Provenance) -> bool:
    """Tell whether `folder` holds a final report that was made from the same inputs."""
    report = load(folder)
    return (
        report is not None
        and report.status is not RunStatus.BROKEN
        and report.provenance == made_from
    )
