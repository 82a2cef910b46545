"""Releases: the right files, the same bytes, and nothing that must not go out."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from grader import manifest, release
from grader.errors import ManifestError, MarkerError, UsageError

TINY = Path(__file__).parents[1] / "examples" / "tiny"


@pytest.fixture
def course(tmp_path):
    """Return a copy of the tiny course, without a template."""
    ignore = shutil.ignore_patterns("template", "__pycache__")
    return Path(shutil.copytree(TINY, tmp_path / "course", ignore=ignore))


def load(course):
    return manifest.load(course / "assignments/tiny.toml")


def build(course):
    return release.build(load(course))


def set_globs(course, *globs):
    path = course / "assignments/tiny.toml"
    old = 'files = ["src/*.py"]'
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, f"files = {list(globs)!r}"))


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# -- what is in it ---------------------------------------------------------------------


def test_a_release_holds_what_students_need(course):
    made = build(course)
    assert sorted(made.files) == [
        ".gitignore",
        "README.md",
        "conftest.py",
        "pytest.ini",
        "release.json",
        "requirements.txt",
        "src/intervals.py",
        "tests/grader/__init__.py",
        "tests/grader/comparison.py",
        "tests/grader/feedback.py",
        "tests/grader/speed.py",
        "tests/grader/testing.py",
        "tests/tiny/test_intervals.py",
    ]
    assert made.files["tests/tiny/test_intervals.py"] == (
        (course / "tests_public/test_intervals.py").read_bytes()
    )
    assert b"raise NotImplementedError()" in made.files["src/intervals.py"]
    assert b"sorted(intervals)" not in made.files["src/intervals.py"]
    assert [block.name for block in made.blocks] == ["merge"]


def test_the_readme_ends_with_questions_and_points(course):
    readme = build(course).files["README.md"].decode()
    assert readme.startswith((course / "assignments/tiny.md").read_text().rstrip())
    assert "| Merge what overlaps | `tests/tiny/test_intervals.py` | 1 | 2 | 3 |" in readme
    assert "| all | | 1 | 2 | 3 |" in readme
    assert "test_order_and_touching" not in readme


def test_a_release_lists_the_digests_of_its_files(course):
    made = build(course)
    listing = json.loads(made.files["release.json"])
    assert listing["assignment"] == "tiny"
    assert listing["files"] == {
        name: sha256(content).hexdigest()
        for name, content in made.files.items()
        if name != "release.json"
    }


def test_every_line_has_an_origin(course):
    made = build(course)
    template = made.files["src/intervals.py"].decode().splitlines()
    reference = (course / "reference/src/intervals.py").read_text().splitlines()
    for number, line in enumerate(template, start=1):
        path, origin = made.origin("src/intervals.py", number).split(":")
        assert path == "reference/src/intervals.py"
        if "NotImplementedError" not in line:
            assert reference[int(origin) - 1] == line
    assert made.origin("tests/tiny/test_intervals.py", 3) == "tests_public/test_intervals.py:3"


def test_leftovers_are_not_released(course):
    set_globs(course, "**/*")
    (course / "reference/src/__pycache__").mkdir()
    (course / "reference/src/__pycache__/intervals.cpython-311.pyc").write_bytes(b"x")
    (course / "tests_public/.pytest_cache").mkdir()
    (course / "tests_public/.pytest_cache/README.md").write_text("x")
    assert not [name for name in build(course).files if "cache" in name]


def test_two_globs_may_name_the_same_file(course):
    set_globs(course, "src/*.py", "**/*.py")
    assert len(build(course).blocks) == 1


# -- what is refused -------------------------------------------------------------------


def test_a_glob_that_matches_nothing_is_named_with_its_line(course):
    set_globs(course, "src/*.py", "source/*.py")
    with pytest.raises(ManifestError, match=r"tiny.toml:10: 'source/\*.py' matches no file"):
        build(course)


def test_a_damaged_marker_is_named_by_the_path_in_the_course(course):
    path = course / "reference/src/intervals.py"
    path.write_text(path.read_text().replace("END YOUR SOLUTION", "END YOUR SOLUTION]"))
    with pytest.raises(MarkerError, match=r"^reference/src/intervals.py:19: "):
        build(course)


def test_a_copy_of_a_hidden_test_is_refused(course):
    shutil.copy(course / "tests_hidden/test_intervals.py", course / "reference/src/notes.py")
    with pytest.raises(ManifestError, match=r"src/notes.py:1: the same content as the hidden"):
        build(course)


@pytest.mark.parametrize("target", ["tests_hidden/test_intervals.py", "reference/src/intervals.py"])
def test_a_link_is_refused(course, target):
    (course / "reference/src/other.py").symlink_to(course / target)
    with pytest.raises(ManifestError, match=r"reference/src/other.py:1: a link is not released"):
        build(course)


def test_a_link_to_the_hidden_folder_is_not_followed(course):
    set_globs(course, "**/*.py")
    (course / "reference/more").symlink_to(course / "tests_hidden", target_is_directory=True)
    assert not [name for name in build(course).files if "more" in name]


def test_a_readme_in_the_hidden_suite_is_refused(course):
    (course / "tests_hidden/notes.md").write_text("secret")
    path = course / "assignments/tiny.toml"
    path.write_text(path.read_text().replace('"assignments/tiny.md"', '"tests_hidden/notes.md"'))
    with pytest.raises(ManifestError, match=r"notes.md:1: a file of the hidden suite"):
        build(course)


def test_two_files_of_one_name_are_refused(course):
    set_globs(course, "**/*")
    (course / "reference/readme.md").write_text("mine\n")
    with pytest.raises(ManifestError, match=r"README.md, which reference/readme.md already is"):
        build(course)


# -- writing ---------------------------------------------------------------------------


def test_writing_replaces_what_was_there(course):
    assignment = load(course)
    made = release.build(assignment)
    release.write(made, assignment.template_dir)
    (assignment.template_dir / "stale.py").write_text("old")
    (assignment.template_dir / "src/intervals.py").write_text("edited")
    release.write(made, assignment.template_dir)
    assert contents(assignment.template_dir) == dict(made.files)
    assert sorted(path.name for path in course.iterdir() if path.name.startswith(".")) == []


@pytest.mark.parametrize(
    ("listing", "words"),
    [
        (None, "is no earlier release"),
        ("{", "is no earlier release"),
        ("[]", "is no earlier release"),
        ('{"assignment": "other"}', "is a release of 'other'"),
    ],
)
def test_a_folder_that_is_no_release_is_left_alone(course, tmp_path, listing, words):
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    if listing is not None:
        (folder / "release.json").write_text(listing)
    before = contents(folder)
    with pytest.raises(UsageError, match=words):
        release.write(build(course), folder)
    assert contents(folder) == before


def test_a_repository_of_its_own_is_left_alone(course, tmp_path):
    release.write(build(course), tmp_path / "out")
    (tmp_path / "out/.git").mkdir()
    with pytest.raises(UsageError, match="git repository"):
        release.write(build(course), tmp_path / "out")
    assert (tmp_path / "out/.git").is_dir()


def test_a_failed_write_leaves_the_old_release(course, tmp_path, monkeypatch):
    made = build(course)
    release.write(made, tmp_path / "out")
    before = contents(tmp_path / "out")
    rename = Path.rename

    def fail_to_move_in(self, target):
        if ".new-" in self.name:
            raise OSError("disk full")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_to_move_in)
    with pytest.raises(OSError, match="disk full"):
        release.write(made, tmp_path / "out")
    assert contents(tmp_path / "out") == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_zip_is_the_same_at_any_time(course, tmp_path):
    made = build(course)
    release.write_zip(made, tmp_path / "first.zip")
    os.utime(course / "reference/src/intervals.py", (0, 0))
    release.write_zip(build(course), tmp_path / "second.zip")
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "first.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            f"tiny/{name}": content for name, content in made.files.items()
        }
        assert archive.namelist() == sorted(archive.namelist())


# -- comparing -------------------------------------------------------------------------


def test_a_written_release_is_current(course):
    assignment = load(course)
    release.write(build(course), assignment.template_dir)
    assert release.is_current(build(course), assignment.template_dir) == []


def test_every_difference_is_told_with_its_line(course):
    assignment = load(course)
    made = release.build(assignment)
    release.write(made, assignment.template_dir)
    edited = assignment.template_dir / "src/intervals.py"
    edited.write_text(edited.read_text().replace("def merge", "def  merge"))
    (assignment.template_dir / "stale.py").write_text("old")
    (assignment.template_dir / "pytest.ini").unlink()
    (assignment.template_dir / "__pycache__").mkdir()
    (assignment.template_dir / "__pycache__/x.pyc").write_bytes(b"x")
    assert release.is_current(made, assignment.template_dir) == [
        "pytest.ini:1: missing",
        "src/intervals.py:9: differs from here on",
        "stale.py:1: not part of the release",
    ]


def test_a_folder_that_is_not_there_lacks_everything(course, tmp_path):
    made = build(course)
    assert len(release.is_current(made, tmp_path / "none")) == len(made.files)


# -- at home ---------------------------------------------------------------------------


def test_the_template_runs_with_plain_pytest_and_without_a_grader(course, tmp_path):
    release.write(build(course), tmp_path / "home")
    assert plain_pytest(tmp_path / "home").returncode == 1
    shutil.copy(course / "submissions/right/src/intervals.py", tmp_path / "home/src/intervals.py")
    run = plain_pytest(tmp_path / "home", "--run-seed=3")
    assert (run.returncode, "1 passed" in run.stdout) == (0, True), run.stdout + run.stderr


def plain_pytest(folder, *options):
    """Run pytest where the grader is not installed: `-S` leaves out what only .pth files name."""
    site = Path(pytest.__file__).parents[1]
    program = (
        f"import sys; sys.path.append({str(site)!r}); import pytest; "
        f"sys.exit(pytest.main({list(options)!r}))"
    )
    return subprocess.run(
        [sys.executable, "-S", "-P", "-c", program],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


# -- native code and variables -------------------------------------------------------------


def add_to_manifest(course, text):
    path = course / "assignments/tiny.toml"
    path.write_text(path.read_text() + text)


def add_native(course, suffix):
    (course / f"reference/src/fast{suffix}").write_text("int answer() { return 42; }\n")
    set_globs(course, "src/*.py", f"src/*{suffix}")
    add_to_manifest(course, f'[[native]]\nmodule = "src/fast"\nsource = "src/fast{suffix}"\n')


def test_a_course_without_native_code_gets_no_build_tool(course):
    assert not [name for name in build(course).files if name.startswith("native/")]
    assert "Makefile" not in build(course).files


def test_the_build_tool_comes_with_cpp(course):
    add_native(course, ".cc")
    files = build(course).files
    assert "native/build.py" in files
    assert not [name for name in files if name.startswith(release.EMULATION)]
    assert b"src/fast.cc=src/fast\n" in files["Makefile"]
    assert b"cuda" not in files["Makefile"].lower()


def test_the_emulation_comes_with_cuda(course):
    add_native(course, ".cu")
    files = build(course).files
    assert "native/emulation/cuda_runtime.h" in files
    # no test of this suite is about CUDA by name: a choice by name would run none
    assert b"TESTS := tests/tiny\n" in files["Makefile"]


def test_tests_of_cuda_are_chosen_by_name(course):
    add_native(course, ".cu")
    for folder in ("tests_public", "tests_hidden"):
        (course / folder / "test_intervals.py").rename(course / folder / "test_cuda.py")
    path = course / "assignments/tiny.toml"
    path.write_text(path.read_text().replace("test_intervals.py", "test_cuda.py"))
    assert b"TESTS := tests/tiny -k cuda\n" in build(course).files["Makefile"]


def test_a_missing_native_source_is_an_error_with_its_line(course):
    add_to_manifest(course, '[[native]]\nmodule = "src/fast"\nsource = "src/gone.cc"\n')
    with pytest.raises(ManifestError, match=r"tiny.toml:\d+: no such file below reference: src/g"):
        load(course)


def test_variables_are_set_before_the_tests_are_loaded(course, tmp_path):
    add_to_manifest(course, "[submission.environment]\nMODE = 'say \"hi\"'\n")
    made = build(course)
    release.write(made, tmp_path / "template")
    (tmp_path / "template/tests/tiny/test_mode.py").write_text(
        "import os\n\nMODE = os.environ['MODE']\n\n\n"
        "def test_mode():\n    assert MODE == 'say \"hi\"'\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "tests/tiny/test_mode.py"]
    done = subprocess.run(command, cwd=tmp_path / "template", capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("mode = 'x'", "'mode' is not a variable in capital letters"),
        ("PATH = '/tmp'", "PATH is set by the sandbox"),
        ("LD_PRELOAD = 'x.so'", "LD_PRELOAD is set by the sandbox"),
        ('MODE = "a\\nb"', "one line of printable text"),
    ],
)
def test_variables_that_an_assignment_may_not_set(course, line, sentence):
    add_to_manifest(course, f"[submission.environment]\n{line}\n")
    with pytest.raises(ManifestError, match=sentence):
        load(course)
