"""Pages show what a report holds, to those who may see it, and do nothing else."""

from __future__ import annotations

import dataclasses
import html.parser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from parts import require
from report_kit import HIDDEN, PROVENANCE, make_broken, make_rejected, make_report, make_test

from grader import export
from grader.export import files, summary
from grader.export import html as pages
from grader.results import Status

SCRIPT = "<script>document.title='PWNED'</script><img src=x onerror=\"document.title='PWNED'\">"
HOSTILE = f"{SCRIPT}' \" {{{{ 7 * 7 }}}} </pre></style> \x1b[31mred\x00\ud800 javascript:alert(1)"
VOID = {"meta", "img", "br"}


class _Reader(html.parser.HTMLParser):
    """Collects tags, attributes and text, and checks that tags are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, key, value or "") for key, value in attrs]
        self.attributes.append((tag, "", ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, key, value or "") for key, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def _read(path: Path) -> _Reader:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    assert reader.open == []
    return reader


def _hostile_report() -> pages.Report:
    tests = [
        dataclasses.replace(
            make_test(f"test_{status}", status=status),
            id=f"{HOSTILE}::{HOSTILE}",
            question=HOSTILE,
            message=HOSTILE,
            staff_message=HOSTILE,
        )
        for status in Status
    ]
    return make_report(
        *tests,
        submission=HOSTILE,
        assignment=HOSTILE,
        message=HOSTILE,
        notices=(HOSTILE,),
        flags=(HOSTILE,),
        provenance=dataclasses.replace(
            PROVENANCE, sandbox=HOSTILE, host={HOSTILE: HOSTILE}, isolated=False, gpu=HOSTILE
        ),
    )


def _write_all(folder: Path) -> list[Path]:
    reports = [_hostile_report(), make_rejected(), make_broken(), make_report()]
    return export.EXPORTERS["html"](reports, folder)


# -- content ---------------------------------------------------------------------------


def test_a_students_page_shows_questions_tests_messages_and_times(tmp_path: Path) -> None:
    report = make_report(notices=("Missing: a.py.",))
    text = _read(pages.write_page(report, tmp_path)).text
    assert (tmp_path / "index.html").exists()
    for part in (
        "alice",
        "hw1",
        "1 of 3 tests passed",
        "Missing: a.py.",
        "time limit",
        "test_matmul_batches",
        "hidden test",
        "Gradients of matmul are summed over broadcast batch axes.",
        "Result: wrong gradient.",
        "12 ms",
        "12.5 s",
        "0 / 2.5",
        "python -m pytest -k test_divide",
    ):
        assert part in text, part


def test_a_test_without_points_that_was_skipped_is_told_apart(tmp_path: Path) -> None:
    skipped = make_test("test_data", status=Status.SKIPPED, max_score=0.0)
    text = _read(pages.write_page(make_report(make_test(), skipped), tmp_path)).text
    assert "1 of 1 tests passed, 1 skipped" in text
    assert "1 of 2" not in text


def test_a_students_page_has_nothing_for_staff(tmp_path: Path) -> None:
    report = make_report(flags=("FLAGGED",))
    text = pages.write_page(report, tmp_path).read_text(encoding="utf-8")
    assert "CANARY" not in text
    assert "FLAGGED" not in text
    assert str(PROVENANCE.seed) not in text
    assert PROVENANCE.tests_digest not in text
    assert "-k test_matmul_batches" not in text


def test_the_staff_page_has_everything(tmp_path: Path) -> None:
    report = make_report(flags=("FLAGGED",))
    path = pages.write_page(report, tmp_path, "staff")
    text = _read(path).text
    assert path.name == "staff.html"
    for part in ("CANARY", "FLAGGED", str(PROVENANCE.seed), PROVENANCE.tests_digest, "bubblewrap"):
        assert part in text, part
    assert "did not isolate" not in text
    unsafe = dataclasses.replace(report, provenance=dataclasses.replace(PROVENANCE, isolated=False))
    assert "did not isolate" in _read(pages.write_page(unsafe, tmp_path, "staff")).text


@pytest.mark.parametrize("make", [make_rejected, make_broken])
def test_a_submission_without_a_score_says_so_and_why(make, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    report = make()
    text = _read(pages.write_page(report, tmp_path)).text
    assert "no score of 4.5 points" in " ".join(text.split())
    assert report.message in text
    assert "0 / 4.5" not in text


def test_every_status_has_words_of_its_own() -> None:
    assert pages.STATUSES.keys() == set(Status)
    words = [words for _, words, _ in pages.STATUSES.values()]
    assert len(set(words)) == len(words)


def test_the_overview_shows_scores_distribution_and_pass_rates(tmp_path: Path) -> None:
    reports = [
        make_report(submission="alice"),
        make_report(
            make_test(), make_test("test_divide"), HIDDEN, submission="bob", flags=("look",)
        ),
        make_rejected(submission="carol"),
        make_broken(submission="dave"),
    ]
    reader = _read(pages.write_overview(reports, tmp_path))
    text = " ".join(reader.text.split())
    links = {value for tag, key, value in reader.attributes if (tag, key) == ("a", "href")}
    assert {f"{name}/staff.html" for name in ("alice", "bob", "carol", "dave")} <= links
    for part in (
        "Scores of 4 submissions",
        "2 graded 1 rejected, the student's doing 1 broken, the grader's doing",
        "1.5 median of 4.5 points",
        "1 from 0.9 to 1.35 points",
        "1 flag",
    ):
        assert part in text, part
    order = [text.index(name) for name in ("test_matmul_batches", "test_divide", "test_add")]
    assert order == sorted(order)
    labels = {value for _, key, value in reader.attributes if key == "aria-label"}
    assert "1 passed, 0 wrong answers, 1 without an answer" in labels


def test_an_overview_of_nothing(tmp_path: Path) -> None:
    assert "Scores of 0 submissions" in _read(pages.write_overview([], tmp_path)).text
    only_broken = pages.write_overview([make_broken()], tmp_path)
    assert "Score distribution" not in _read(only_broken).text


def test_an_assignment_without_points_has_pages(tmp_path: Path) -> None:
    report = make_report(make_test(score=0.0, max_score=0.0))
    pages.write_page(report, tmp_path)
    pages.write_overview([report], tmp_path)


# -- safety ----------------------------------------------------------------------------


def test_nothing_from_a_report_becomes_markup(tmp_path: Path) -> None:
    for path in _write_all(tmp_path):
        raw = path.read_bytes()
        assert b"\x1b" not in raw
        assert b"\x00" not in raw
        reader = _read(path)
        tags = {tag for tag, _, _ in reader.attributes}
        assert tags.isdisjoint({"script", "img", "iframe", "object", "form", "base", "link"})
        assert not any(key.startswith("on") for _, key, _ in reader.attributes)
        assert "49" not in re.findall(r"\d+(?= \}\})", reader.text)
        for _, key, value in reader.attributes:
            if key in {"href", "src"}:
                assert re.fullmatch(r"#q\d+|[A-Za-z0-9._-]+/(staff|index)\.html", value)


def test_pages_are_self_contained_and_forbid_everything_else(tmp_path: Path) -> None:
    for path in _write_all(tmp_path):
        text = path.read_text(encoding="utf-8")
        assert "default-src 'none'" in text
        assert "unsafe-inline" not in text
        assert " style=" not in text
        assert not re.search(r"(?:src|href)=\"?(?:https?:)?//|url\(|@import", text)


def test_a_message_of_ten_megabytes_makes_a_small_page(tmp_path: Path) -> None:
    message = "<b>" * 3_000_000
    report = make_report(make_test(status=Status.FAILED, message=message, staff_message=message))
    assert pages.write_page(report, tmp_path, "staff").stat().st_size < 200_000


@pytest.fixture(scope="session")
def browser() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    require(found is not None, "chromium")
    return str(found)


def test_a_browser_runs_nothing_and_shows_the_text(browser: str, tmp_path: Path) -> None:
    paths = _write_all(tmp_path / "out")
    control = tmp_path / "control.html"
    control.write_text(f"<title>calm</title>{SCRIPT}", encoding="utf-8")
    hostile = [path for path in paths if "script" in str(path.parent)] + [paths[-1]]
    assert len(hostile) == 3
    assert "<title>PWNED</title>" in _dump(browser, control, tmp_path)
    for path in hostile:
        shown = _dump(browser, path, tmp_path)
        assert "<title>PWNED" not in shown
        assert "&lt;script&gt;document.title='PWNED'&lt;/script&gt;" in shown


def test_a_browser_applies_the_style_that_the_policy_allows(browser: str, tmp_path: Path) -> None:
    path = pages.write_page(make_report(), tmp_path)
    changed = tmp_path / "changed.html"
    changed.write_text(path.read_text(encoding="utf-8").replace("<style>", "<style> "))
    for page, is_refused in ((path, False), (changed, True)):
        log = _browse(browser, page, tmp_path, "--enable-logging=stderr", "--v=0").stderr
        assert ("Content Security Policy" in log) == is_refused


def _dump(browser: str, path: Path, tmp_path: Path) -> str:
    return _browse(browser, path, tmp_path).stdout


def _browse(
    browser: str, path: Path, tmp_path: Path, *options: str
) -> subprocess.CompletedProcess[str]:
    command = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-dev-shm-usage",
        f"--user-data-dir={tmp_path / 'profile'}",
        *options,
        "--dump-dom",
        path.as_uri(),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


# -- files -----------------------------------------------------------------------------


def test_files_are_replaced_at_once_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = files.write(tmp_path / "new/page.html", "old")
    assert path.stat().st_mode & 0o777 == 0o644

    def fail(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        files.write(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in path.parent.iterdir()] == ["page.html"]


def test_everything_of_one_submission_and_of_all(tmp_path: Path) -> None:
    reports = [make_report(), make_broken(submission="bob")]
    for report in reports:
        export.write_submission(report, tmp_path / report.submission)
    export.write_summary(reports, tmp_path)
    written = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    assert written == {
        "alice/index.html",
        "alice/results.json",
        "alice/staff.html",
        "bob/index.html",
        "bob/staff.html",
        "index.html",
        "scores.csv",
    }


def test_exporters_return_what_they_wrote(tmp_path: Path) -> None:
    for write in export.EXPORTERS.values():
        for path in write([make_report(), make_broken(submission="../../x")], tmp_path):
            assert path.is_file()
            assert path.resolve().is_relative_to(tmp_path)


def test_a_skipped_test_is_not_a_hard_one() -> None:
    skipped = make_test("test_data", status=Status.SKIPPED, max_score=0.0)
    assert [rate.title for rate in summary.rates([make_report(make_test(), skipped)])] == [
        "test_add"
    ]
