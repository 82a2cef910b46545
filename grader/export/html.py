"""Pages that need nothing but a browser: no script, no network, no other file.

Everything in a report comes from outside. Every string is made safe first, templates escape all of
it, and the pages forbid the browser to run or load anything.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import enum
import functools
import hashlib
import importlib.metadata
import pickle
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import jinja2
from markupsafe import Markup

from grader import bytecode, sanitize
from grader.export import files, summary
from grader.results import Report, RunStatus, Status

Audience = Literal["student", "staff"]
PAGES: dict[Audience, str] = {"student": "index.html", "staff": "staff.html"}
OVERVIEW = "index.html"

_TEMPLATES = Path(__file__).parent / "templates"
#: characters of one text on a page
_LIMIT = 20_000

#: status -> sign, words, kind of badge; sign and words make sense without color
STATUSES: dict[Status, tuple[str, str, str]] = {
    Status.PASSED: ("✓", "passed", "good"),
    Status.FAILED: ("✗", "wrong answer", "bad"),
    Status.ERROR: ("✗", "exception", "bad"),
    Status.TIMEOUT: ("◷", "time limit", "limit"),
    Status.MEMORY: ("▲", "memory limit", "limit"),
    Status.OUTPUT: ("▲", "output limit", "limit"),
    Status.PROCESSES: ("▲", "process limit", "limit"),
    Status.CRASHED: ("✗", "crashed", "limit"),
    Status.PROTOCOL: ("✗", "disturbed grading", "limit"),
    Status.NOT_RUN: ("–", "not run", "none"),  # noqa: RUF001
    Status.SKIPPED: ("–", "skipped", "none"),  # noqa: RUF001
    Status.BROKEN: ("?", "grader failed", "none"),
}
RUN_STATUSES: dict[RunStatus, tuple[str, str, str]] = {
    RunStatus.GRADED: ("✓", "graded", "good"),
    RunStatus.REJECTED: ("✗", "rejected", "bad"),
    RunStatus.BROKEN: ("?", "broken", "limit"),
}


def write_page(report: Report, folder: Path, audience: Audience = "student") -> Path:
    """Write the page of one submission; the student's has nothing that staff alone may see."""
    report = _clean(report)
    text = _render(
        "page.html",
        report=report,
        questions=summary.questions(report),
        is_staff=audience == "staff",
    )
    return files.write(folder / PAGES[audience], text)


def write_overview(reports: Sequence[Report], folder: Path) -> Path:
    """Write the page of all submissions, for staff."""
    reports = [_clean(report) for report in reports]
    scores = summary.scores(reports)
    max_score = max((report.max_score for report in reports), default=0.0)
    text = _render(
        "overview.html",
        reports=sorted(reports, key=lambda report: report.submission),
        assignments=sorted({report.assignment for report in reports}),
        scores=scores,
        max_score=max_score,
        median=summary.median(scores),
        mean=summary.mean(scores),
        bins=summary.distribution(scores, max_score),
        rates=summary.rates(reports),
        counts={s: sum(report.status is s for report in reports) for s in RunStatus},
    )
    return files.write(folder / OVERVIEW, text)


class _Compiled(jinja2.FileSystemBytecodeCache):
    """Compiled templates that last, by their sources; what cannot be read is compiled again."""

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except (OSError, EOFError, ValueError, TypeError, pickle.UnpicklingError):
            bucket.reset()

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


def keep_compiled(base: Path) -> None:
    """Keep compiled templates in a folder of this user below `base`, for later runs, too."""
    version = importlib.metadata.version("jinja2")
    if (folder := bytecode.kept(base, version, sys.version)) is not None:
        _environment().bytecode_cache = _Compiled(str(folder))


def compile_templates() -> None:
    """Compile the templates now, for all pages of this process and of its forks."""
    for name in _environment().list_templates(extensions=["html"]):
        _environment().get_template(name)


def _render(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(**values)


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    css = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
    environment.globals.update(
        css=Markup(css),
        css_digest=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        statuses=STATUSES,
        run_statuses=RUN_STATUSES,
        title=summary.title,
        tally=summary.tally,
        file_of=lambda test: test.id.partition("::")[0],
        folder_of=lambda report: sanitize.folder_name(report.submission),
    )
    environment.filters.update(
        points=summary.points, duration=_duration, percent=_percent, limit=_limit
    )
    return environment


def _clean(value: Any) -> Any:
    """Return a record with every text in it made safe to show."""
    if isinstance(value, str) and not isinstance(value, enum.Enum):
        return sanitize.text(value, _LIMIT)
    if isinstance(value, (tuple, list)):
        return type(value)(_clean(item) for item in value)
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        changes = {field.name: _clean(getattr(value, field.name)) for field in fields}
        return dataclasses.replace(value, **changes)
    return value


def _duration(seconds: float) -> str:
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 99.5:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min"


def _percent(part: float, whole: float) -> float:
    """Return a share in percent for a width in a drawing: never beyond the frame."""
    return round(100 * min(1.0, max(0.0, part / whole)), 2) if whole > 0 else 0.0


def _limit(value: float, name: str) -> str:
    """Return a limit with its unit, which its name tells."""
    if name.endswith("_seconds"):
        return f"{value:g} s"
    return f"{value / 2**20:g} MiB" if value >= 1 << 20 else f"{value:g}"
