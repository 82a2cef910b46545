"""Wrong command lines: one message that names thing, value, rule and next step, never a traceback.

Run in this process, but for what only a process of its own can show.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from report_kit import make_report

from grader import cli, cli_paths, record, start
from grader.mugrade import answers

ROOT = Path(__file__).parents[1]
ANSWERS = answers.Answers(assignment="hw1", problems={}, source={})
HW1 = ("hw1", "--course", str(ROOT))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a current folder with things that are none of ours."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRADER_IMAGE", raising=False)
    Path("file").write_text("a file")
    Path("bytes").write_bytes(bytes(range(256)) * 20)
    Path("ids").write_text("alice\n\nbob, carol\n")
    Path("folder").mkdir()
    manifests = Path("course/assignments")
    manifests.mkdir(parents=True)
    (manifests / "folder.toml").mkdir()
    (manifests / "bytes.toml").write_bytes(bytes(range(256)))
    (manifests / "some.toml").write_text("name = [")
    published = Path("store/answers")
    published.mkdir(parents=True)
    (published / "hw1.json").write_text("{")
    record.write(make_report(), Path("out/alice"))
    return tmp_path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("release", "nope", "--course", str(ROOT)), "no assignment 'nope'; there are: hw0, hw1"),
        (("release", "hw11", "--course", str(ROOT)), "hw4_extra; did you mean 'hw1'?"),
        (("release", "nope"), "is not in a course, that is, a folder with assignments/NAME.toml"),
        (("release", "folder", "--course", "course"), "no assignment 'folder'; there are: bytes"),
        (("release", "bytes", "--course", "course"), "assignments/bytes.toml: not UTF-8 text"),
        (("release", "some", "--course", "course"), "assignments/some.toml: not TOML"),
        (("release", *HW1, "--out", "file"), "file is not a folder; a release is written to"),
        (("release", *HW1, "--out", "file/x"), "file is a file, so nothing can be made below it"),
        (("release", *HW1, "--out", "x\0"), "has a NUL in it"),
        (("release", *HW1, "--out", "y" * 300), "File name too long; give another path"),
        (("release", *HW1, "--out", "file", "--check"), "and file is none; give --out FOLDER"),
        (("release", *HW1, "--out", "gone", "--check"), "and gone is none; give --out FOLDER"),
        (("grade", *HW1, "--out", "o"), "give SUBMISSIONS (folders or archives), or"),
        (("grade", *HW1, "folder", "--out", "file/o"), "file is a file, so nothing can be made"),
        (("grade", *HW1, "folder", "--out", "o", "--seed", "9" * 99), "is not in the range"),
        (("grade", *HW1, "folder", "--out", "o", "--device", "cuda"), "--sandbox docker"),
        (
            ("grade", *HW1, "folder", "--out", "o", "--image", "x", "--sandbox", "bubblewrap"),
            "--image x: --sandbox bubblewrap has no images; say docker",
        ),
        (("grade", *HW1, "folder", "--out", "o", "--tests", "file"), "a pytest file ends in .py"),
        (("report", "folder", "--to", "csv"), "folder holds no report.json below it"),
        (("export", *HW1, "file/x", "--to", "nbgrader"), "file is a file, so nothing can be made"),
        (("import", "nbgrader", "bytes", "--out", "o"), "bytes:1: not a notebook: 'utf-8' codec"),
        (("mugrade", "answers", *HW1, "bytes", "--store", "s"), "Python and ends in .py"),
        (("mugrade", "keys", "--store", "s", "--out", "k", ""), "'' is no student id"),
        (("mugrade", "keys", "--store", "s", "--out", "k", "=1+1"), "'=1+1' is no student id"),
        (("mugrade", "keys", "--store", "s", "--out", "k"), "nobody to make a key for"),
        (
            ("mugrade", "keys", "--store", "s", "--out", "k", "--roster", "ids"),
            "ids:3: 'bob, carol' is no student id: one a line",
        ),
        (("mugrade", "keys", "--store", "s", "--out", "k", "--roster", "bytes"), "not UTF-8 text"),
        (("report", "out", "--to", "csv", "--out", "file"), "Directory 'file' is a file"),
        (
            ("report", "out", "--to", "csv", "--roster", "file"),
            "has no use for --roster; it is for",
        ),
        (("report", "out", "--to", "csv", "--column", "x"), "has no use for --column; it is for"),
        (("report", "out", "folder", "--to", "csv"), "has no use for DESTINATION; it is for nbg"),
        (("report", "out", "--to", "nbgrader"), "DESTINATION is missing, the folder of the course"),
        (("report", "out", "--to", "canvas"), "--roster FILE is missing, as canvas exports it"),
        (
            ("report", "out", "--to", "canvas", "--roster", "file", "--column", "a\nb"),
            "--column 'a\\nb' is no heading",
        ),
        (("report", "out", "folder", "--to", "nbgrader"), "folder is no nbgrader course: it has"),
        (("serve-mugrade", "--store", "s"), "s has no answers; run `grader mugrade answers"),
        (("serve-mugrade", "--store", "store"), "hw1.json is no file of answers"),
        (("mugrade", "attempts", "--store", "gone"), "gone is no store of a mugrade server"),
    ],
)
def test_a_wrong_command_line_is_one_message(
    folder: Path, words: tuple[str, ...], message: str
) -> None:
    before = sorted(folder.rglob("*"))
    result = CliRunner().invoke(cli.main, words, prog_name="grader")
    assert message in " ".join(result.output.split()), result.output
    assert (result.exit_code, type(result.exception)) == (2, SystemExit)
    assert max(map(len, result.output.splitlines())) < 500
    assert sorted(folder.rglob("*")) == before, "something was written"


def test_a_certificate_that_is_none_is_refused_before_anybody_is_served(folder: Path) -> None:
    answers.write(ANSWERS, folder / "store/answers/hw1.json")
    pair = ("--certificate", "bytes", "--private-key", "bytes")
    result = CliRunner().invoke(cli.main, ["serve-mugrade", "--store", "store", *pair])
    assert "--certificate bytes and --private-key bytes are no pair of PEM" in result.output
    assert result.exit_code == 2


@pytest.mark.usefixtures("folder")
def test_a_folder_that_may_not_be_written_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def access(_: object, mode: int) -> bool:
        return mode != os.W_OK  # tests may run as root, who may write everywhere

    monkeypatch.setattr(cli_paths.os, "access", access)
    result = CliRunner().invoke(cli.main, ["release", *HW1, "--out", "folder/x"])
    assert "you may not write to" in result.output
    assert result.exit_code == 2


def test_a_reader_who_goes_away_is_nobodys_zero() -> None:
    """Click ends with 1 on a closed pipe, which would say that a student is to blame."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "grader", "data", "--course", str(ROOT)]
    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run(command, cwd=ROOT, stdout=pipe, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr


def test_a_fault_of_the_grader_is_no_students_doing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise LookupError("a bug")

    monkeypatch.setattr(start, "_run", fail)
    monkeypatch.setattr(start.signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        start.main()
    assert ended.value.code == 3
    said = capsys.readouterr().err
    assert said.startswith("grader: this is a fault of the grader")
    assert "LookupError: a bug" in said
