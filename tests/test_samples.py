"""The sample submissions get the outcomes that are recorded for them, from the real grader.

`python tests/test_samples.py` prints what the samples get now, in the form of expected.toml.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import samples_kit
from samples_kit import REPOSITORY, SAMPLES

from grader import manifest, release
from grader.results import Report, Status

EXPECTED: Mapping[str, Any] = tomllib.loads((SAMPLES / "expected.toml").read_text())


def outcome(report: Report) -> dict[str, Any]:
    """Return what is recorded of a report: status, score, and how the lost tests ended."""
    passed = (Status.PASSED, Status.SKIPPED)
    words = sorted({str(test.status) for test in report.tests if test.status not in passed})
    return {"status": str(report.status), "score": report.score, "words": words}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    if shutil.which("bwrap") is None and os.environ.get("CI") != "true":
        pytest.skip("bubblewrap is not installed")
    root = tmp_path_factory.mktemp("samples")
    return samples_kit.grade(samples_kit.course(root), root / "out", samples_kit.names())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_sample_gets_what_is_recorded(reports: dict[str, Report], name: str) -> None:
    found, expected = outcome(reports[name]), EXPECTED[name]
    assert found["status"] == expected["status"]
    assert found["score"] == expected["score"]
    assert set(found["words"]) <= set(expected["words"])


def test_every_sample_is_recorded() -> None:
    assert {path.name for path in SAMPLES.iterdir() if path.is_dir()} == EXPECTED.keys()


def test_hostile_samples_are_no_better_than_right(reports: dict[str, Report]) -> None:
    full = reports["right"].score
    assert full is not None
    for name in EXPECTED:
        if name.startswith("hostile_"):
            score = reports[name].score
            assert score is not None, name
            assert score < full, name


def test_disturbed_protocol_is_told_to_staff(reports: dict[str, Report]) -> None:
    assert reports["hostile_forges_replies"].flags


def test_template_sample_is_what_is_handed_out() -> None:
    made = release.build(manifest.find("hw1", REPOSITORY)).files
    folder = SAMPLES / "template"
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder).as_posix()
        assert path.read_bytes() == made[name], f"{name}: copy it from student_template/hw1"


def test_wrong_solutions_of_the_manifest_are_samples() -> None:
    recorded = {Path(wrong.submission).name for wrong in manifest.find("hw1", REPOSITORY).wrong}
    assert recorded == {name for name in EXPECTED if name.startswith("partial_")}


def main() -> None:
    """Print the outcomes of a run now."""
    with tempfile.TemporaryDirectory() as folder:
        course = samples_kit.course(Path(folder))
        for name, report in samples_kit.grade(
            course, Path(folder) / "out", samples_kit.names()
        ).items():
            found = outcome(report)
            words = ", ".join(f'"{word}"' for word in found["words"])
            print(f'[{name}]\nstatus = "{found["status"]}"')
            print(f"score = {found['score']}\nwords = [{words}]\n")


if __name__ == "__main__":
    main()
