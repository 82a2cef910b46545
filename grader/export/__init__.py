"""Reports in the formats of others: Gradescope, spreadsheets, browsers.

Exporters know Reports only. Each writes a file at once or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from grader import sanitize
from grader.export import gradescope, html, table
from grader.results import Report

__all__ = ["EXPORTERS", "write_submission", "write_summary"]


def _folder(report: Report, out: Path) -> Path:
    return out / sanitize.folder_name(report.submission)


def _gradescope(reports: Sequence[Report], out: Path) -> list[Path]:
    written = (gradescope.write(report, _folder(report, out)) for report in reports)
    return [path for path in written if path is not None]


def _csv(reports: Sequence[Report], out: Path) -> list[Path]:
    return [table.write(reports, out / "scores.csv")]


def _html(reports: Sequence[Report], out: Path) -> list[Path]:
    pages = [
        html.write_page(report, _folder(report, out), audience)
        for report in reports
        for audience in html.PAGES
    ]
    return [*pages, html.write_overview(reports, out)]


#: format on the command line -> what writes it below a folder and returns the paths
EXPORTERS: dict[str, Callable[[Sequence[Report], Path], list[Path]]] = {
    "csv": _csv,
    "gradescope": _gradescope,
    "html": _html,
}


def write_submission(report: Report, folder: Path) -> list[Path]:
    """Write everything that concerns one submission into its own folder."""
    pages = [html.write_page(report, folder, audience) for audience in html.PAGES]
    results = gradescope.write(report, folder)
    return pages if results is None else [*pages, results]


def write_summary(reports: Sequence[Report], out: Path) -> list[Path]:
    """Write what concerns all submissions together."""
    return [*_csv(reports, out), html.write_overview(reports, out)]
