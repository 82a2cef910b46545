"""The zip for Gradescope: what is in it, and what is refused."""

from __future__ import annotations

import importlib.metadata
import subprocess
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader import cli, manifest
from grader.errors import ManifestError
from grader.gradescope import bundle, needs

ROOT = Path(__file__).parents[1]


def export(course: Path, name: str, path: Path, *options: str) -> Result:
    words = ["export", name, str(path), "--to", "gradescope", "--course", str(course), *options]
    return CliRunner().invoke(cli.main, words)


def edit(course: Path, old: str, new: str) -> None:
    path = course / "assignments" / "tiny.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def test_what_is_graded_there_is_what_is_graded_here(tmp_path):
    path = tmp_path / "hw1.zip"
    done = export(ROOT, "hw1", path)
    assert done.exit_code == 0, done.output
    assert "time limit 10 minutes, 100 points" in done.output
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "source")
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
    assert path.stat().st_mode & 0o077 == 0
    assert [name for name, mode in modes.items() if mode & 0o111] == ["run_autograder", "setup.sh"]
    here, there = manifest.find("hw1", ROOT), manifest.find("hw1", tmp_path / "source" / "course")
    assert there.digest() == here.digest()
    assert there.tests_digest() == here.tests_digest()
    # of other homeworks there is nothing but the manifest
    assert not [name for name in modes if name.startswith("course/tests_hidden/hw2")]
    for program in ("setup.sh", "run_autograder"):
        text = (tmp_path / "source" / program).read_text()
        assert "@" not in text.replace('"$@"', "")
        subprocess.run(["bash", "-n", tmp_path / "source" / program], check=True)


def test_the_same_assignment_gives_the_same_bytes(tiny, tmp_path):
    assert export(tiny, "tiny", tmp_path / "a.zip").exit_code == 0
    assert export(tiny, "tiny", tmp_path / "b.zip").exit_code == 0
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


@pytest.mark.parametrize(("native", "compiles"), [(True, "yes"), (False, "no")])
def test_a_compiler_is_installed_where_something_is_compiled(native, compiles):
    assignment = manifest.find("hw3" if native else "hw1", ROOT)
    assert f'[ "{compiles}" = yes ]' in bundle.files(assignment)["setup.sh"].decode()


@pytest.mark.parametrize(
    "path", sorted((ROOT / "assignments").glob("*.toml")), ids=lambda p: p.stem
)
def test_every_homework_ends_in_time(path):
    bundle.check_time(manifest.load(path))


def test_packages_have_the_versions_of_this_machine():
    lines = needs.pinned()
    assert f"numpy=={importlib.metadata.version('numpy')}" in lines
    # what pytest needs is there, too
    assert f"pluggy=={importlib.metadata.version('pluggy')}" in lines
    assert [line.count("==") for line in lines] == [1] * len(lines)


def test_what_compiles_there_has_its_headers():
    version = importlib.metadata.version("pybind11")
    made = bundle.files(manifest.find("hw3", ROOT))
    assert f"pybind11=={version}\n" in made["requirements.txt"].decode()


def test_nothing_else_is_written_over(tiny, tmp_path):
    path = tmp_path / "other.zip"
    path.write_bytes(b"precious")
    done = export(tiny, "tiny", path)
    assert done.exit_code == 2
    assert "is no earlier export" in done.output
    assert path.read_bytes() == b"precious"
    assert export(tiny, "tiny", path, "--overwrite").exit_code == 0
    assert export(tiny, "tiny", path).exit_code == 0
    done = export(ROOT, "hw1", path)
    assert "is the export of 'tiny', not of 'hw1'" in done.output
    assert "ends in .zip" in export(tiny, "tiny", tmp_path / "folder").output
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.zip", "tiny"]


@pytest.mark.parametrize(
    ("seconds", "advice"),
    [
        ("540.0", "choose 20 minutes"),
        ("2280.0", "choose 40 minutes"),
        ("2281.0", "make limits.job_seconds smaller"),
    ],
)
def test_a_run_that_gradescope_would_stop_is_refused(tiny, tmp_path, seconds, advice):
    edit(tiny, "job_seconds = 60.0", f"job_seconds = {seconds}")
    done = export(tiny, "tiny", tmp_path / "a.zip")
    assert done.exit_code == 2
    assert advice in done.output
    assert not (tmp_path / "a.zip").exists()


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("seconds = 3000", "seconds"),
        (
            "visibility = { marge = 'hidden' }",
            "no question is called 'marge'; did you mean 'merge'",
        ),
        ("hidden_tests = 'later'", "hidden_tests"),
        ("atempts = 3", "unknown key 'atempts'; did you mean 'attempts'?"),
        ("attempts = { count = 0 }", "count"),
        ("attempts = { cuont = 1 }", "did you mean 'count'?"),
        ("late = { per_day = 2 }", "per_day"),
        ("leaderboard = [{ name = 'x', value = 'score of y' }]", "no question is called 'y'"),
        ("leaderboard = [{ name = 'x', value = 'fame' }]", "'seconds of QUESTION'"),
    ],
)
def test_a_slip_in_the_table_is_named_with_its_line(tiny, table, complaint):
    edit(tiny, "[limits]", f"[gradescope]\n{table}\n\n[limits]")
    text = (tiny / "assignments" / "tiny.toml").read_text()
    line = text.splitlines().index("[gradescope]") + 2
    with pytest.raises(ManifestError) as caught:
        manifest.find("tiny", tiny)
    assert complaint in str(caught.value)
    assert f"tiny.toml:{line}:" in str(caught.value)


def test_tests_that_students_do_not_see_are_said_to_cost_them_the_total(tiny, tmp_path):
    edit(tiny, "[limits]", "[gradescope]\nhidden_tests = 'after_published'\n\n[limits]")
    done = export(tiny, "tiny", tmp_path / "a.zip")
    assert "Some tests are after_published: until" in done.output
