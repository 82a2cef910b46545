"""Whatever way students pack their work, the right files are found; the rest is named."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from archive_kit import make_zip
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import intake
from grader.errors import SubmissionRejected
from grader.intake import Submission
from grader.manifest import Assignment

STUB = b"""def f():
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION
"""
TEMPLATE = {
    "python/needle/__init__.py": b"from . import ops\n",
    "python/needle/autograd.py": STUB,
    "python/needle/backend_numpy.py": b"import numpy\n\n\ndef load():\n    import cupy\n",
    "python/needle/init/__init__.py": b"from .init_basic import *\n",
    "python/needle/init/init_basic.py": b"def rand(): ...\n",
    "python/needle/ops/__init__.py": b"from .ops_mathematic import *\n",
    "python/needle/ops/ops_mathematic.py": STUB,
    "apps/simple_ml.py": STUB,
    "tests/hw1/test_forward.py": b"def test_add(): ...\n",
    "conftest.py": b"pytest_plugins = []\n",
    "pytest.ini": b"[pytest]\n",
    "README.md": b"# Homework 1\n",
}
COURSE_FILES = {p: c for p, c in TEMPLATE.items() if p.startswith(("python/", "apps/"))}
#: what a student who solved everything has
SOLVED = {path: content.replace(b"raise", b"return  # raise") for path, content in TEMPLATE.items()}
WORK = {p: c for p, c in SOLVED.items() if p in COURSE_FILES}


def _assignment(*accept: str) -> Assignment:
    """What intake asks of an assignment."""
    rules = SimpleNamespace(
        notebook=None, accept=accept or ("python/**/*.py", "apps/**/*.py"), path=("python", "apps")
    )
    return cast("Assignment", SimpleNamespace(name="hw1", submission=rules))


HW1 = _assignment()


def _lay_out(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def alice(tmp_path: Path) -> Path:
    return tmp_path / "hw1-alice"


def _receive(folder: Path, files: dict[str, bytes], assignment: Assignment = HW1) -> Submission:
    return intake.receive(_lay_out(folder, files), assignment, TEMPLATE)


def _prefixed(prefix: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{prefix}{name}": content for name, content in files.items()}


# -- finding ---------------------------------------------------------------------------


@pytest.mark.parametrize("wrapper", ["", "hw1-alice/", "upload 17/hw1/", "Lösung (2)/x/y/"])
@pytest.mark.parametrize("extent", [SOLVED, WORK], ids=["everything", "sources"])
def test_wrapper_folders_do_not_matter(
    tmp_path: Path, wrapper: str, extent: dict[str, bytes]
) -> None:
    path = tmp_path / "s.zip"
    path.write_bytes(make_zip(_prefixed(wrapper, extent).items(), good=False))
    received = intake.receive(path, HW1, TEMPLATE)
    assert received.files == {**TEMPLATE, **WORK}
    assert received.notices == ()
    assert received.flags == ()


def test_the_same_work_has_the_same_digest_however_it_is_packed(tmp_path: Path) -> None:
    plain = _receive(tmp_path / "a", WORK)
    wrapped = _receive(tmp_path / "b", _prefixed("x/", {**WORK, "notes.txt": b"", "x.so": b""}))
    other = _receive(tmp_path / "c", {**WORK, "apps/simple_ml.py": b"x = 1\n"})
    assert plain.digest == wrapped.digest
    assert plain.digest != other.digest


@pytest.mark.parametrize(
    ("strip", "notice"),
    [("python/", "belong into python/"), ("python/needle/", "belong into python/needle/")],
)
def test_a_part_of_the_tree_is_put_where_it_belongs(alice: Path, strip: str, notice: str) -> None:
    part = {p.removeprefix(strip): c for p, c in WORK.items() if p.startswith("python/")}
    helper = "needle/helper.py".removeprefix(strip.removeprefix("python/"))
    received = _receive(alice, {**part, helper: b"y = 2\n", "setup.py": b""})
    assert received.files["python/needle/autograd.py"] == WORK["python/needle/autograd.py"]
    assert received.files["python/needle/helper.py"] == b"y = 2\n"
    assert any(notice in sentence for sentence in received.notices)
    assert any("apps/simple_ml.py" in sentence for sentence in received.notices)


def test_the_package_beside_the_apps_needs_no_python_folder(alice: Path) -> None:
    files = {path.removeprefix("python/"): content for path, content in WORK.items()}
    assert _receive(alice, files).files == {**TEMPLATE, **WORK}


def test_loose_files_are_placed_by_their_names(alice: Path) -> None:
    editable = ["python/needle/autograd.py", "python/needle/ops/ops_mathematic.py"]
    loose = {Path(path).name: WORK[path] for path in [*editable, "apps/simple_ml.py"]}
    received = _receive(alice, {**loose, "notes.md": b"", "init_basic.py": b"mine"})
    assert received.files == {**TEMPLATE, **{p: WORK[p] for p in editable}} | {
        "apps/simple_ml.py": WORK["apps/simple_ml.py"]
    }
    assert received.notices[0] == (
        "autograd.py came without its folder and is taken for python/needle/autograd.py."
    )
    assert received.notices[-1].endswith("no part of this assignment: init_basic.py, notes.md.")


def test_a_loose_module_of_an_older_year_replaces_the_package(alice: Path) -> None:
    received = _receive(alice, {"ops.py": b"old", "autograd.py": b"x"})
    assert received.files["python/needle/ops.py"] == b"old"
    assert not any(path.startswith("python/needle/ops/") for path in received.files)


def test_a_single_file_is_placed_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "simple_ml.py").write_bytes(b"x = 1\n")
    received = intake.receive(tmp_path / "simple_ml.py", HW1, TEMPLATE)
    assert received.name == "simple_ml"
    assert received.files["apps/simple_ml.py"] == b"x = 1\n"


def test_a_name_that_could_be_two_files_is_not_placed(alice: Path) -> None:
    received = _receive(alice, {"apps/simple_ml.py": b"", "__init__.py": b"mine"})
    assert received.files["python/needle/__init__.py"] == TEMPLATE["python/needle/__init__.py"]


def test_a_loose_file_does_not_replace_one_in_its_place(alice: Path) -> None:
    received = _receive(alice, {**WORK, "autograd.py": b"other"})
    assert received.files == {**TEMPLATE, **WORK}


def test_an_old_copy_further_inside_is_left_alone(alice: Path) -> None:
    received = _receive(alice, {**WORK, **_prefixed("backup/", TEMPLATE)})
    assert received.files == {**TEMPLATE, **WORK}


def test_of_several_homeworks_the_one_of_that_name_is_taken(alice: Path) -> None:
    others = {**_prefixed("hw0/", TEMPLATE), **_prefixed("hw10/", TEMPLATE)}
    received = _receive(alice, {**others, **_prefixed("my_hw1/", WORK)})
    assert received.files == {**TEMPLATE, **WORK}


def test_two_submissions_in_one_are_refused(alice: Path) -> None:
    with pytest.raises(SubmissionRejected, match="v2: a second submission beside v1"):
        _receive(alice, {**_prefixed("v1/", WORK), **_prefixed("v2/", WORK)})


def test_a_stray_file_outside_does_not_decide(alice: Path) -> None:
    received = _receive(alice, {"apps/simple_ml.py": b"stray", **_prefixed("hand-in/", WORK)})
    assert received.files == {**TEMPLATE, **WORK}


def test_nothing_to_grade_is_refused_with_what_was_expected_and_seen(alice: Path) -> None:
    with pytest.raises(SubmissionRejected) as refused:
        _receive(alice, {"hw1.zip": b"", "notes.txt": b"", ".git/config": b""})
    assert refused.value.entry == "hw1-alice"
    assert refused.value.rule == (
        "no file of hw1 in it; expected python/**/*.py, apps/**/*.py, say apps/simple_ml.py, "
        "python/needle/autograd.py, python/needle/ops/ops_mathematic.py; "
        "found hw1.zip, notes.txt (passed over: .git)"
    )


def test_an_empty_folder_is_refused(alice: Path) -> None:
    alice.mkdir()
    with pytest.raises(SubmissionRejected, match="found no files"):
        _receive(alice, {})


def test_a_glob_without_suffix_accepts_sources_only(alice: Path) -> None:
    files = {"python/needle/autograd.py": b"", "src/a.cu": b"1", "src/a.png": b"2"}
    received = _receive(alice, files, _assignment("python/**/*.py", "src/**"))
    assert received.files["src/a.cu"] == b"1"
    assert "src/a.png" not in received.files


# -- laying over -----------------------------------------------------------------------


def test_modules_of_an_older_year_are_not_hidden_by_packages(alice: Path) -> None:
    old = {
        "python/needle/__init__.py": b"from .ops import *\n",
        "python/needle/autograd.py": b"a",
        "python/needle/ops.py": b"o",
        "python/needle/init.py": b"i",
    }
    received = _receive(alice, old)
    package = {p for p in received.files if p.startswith("python/")}
    assert package == {*old, "python/needle/backend_numpy.py"}
    assert received.notices == (
        "Missing, so the hand-out without your solution is graded instead: apps/simple_ml.py.",
        "Missing, so filled in from the hand-out: python/needle/backend_numpy.py.",
    )


def test_a_package_of_the_student_replaces_a_module_of_the_template(alice: Path) -> None:
    received = _receive(alice, {"python/needle/autograd/__init__.py": b"mine", "apps/x.py": b""})
    assert "python/needle/autograd.py" not in received.files
    assert not any("needle/autograd.py" in notice for notice in received.notices)


def test_missing_files_are_filled_in_and_named(alice: Path) -> None:
    sent = {p: c for p, c in WORK.items() if "init_basic" not in p and "autograd" not in p}
    received = _receive(alice, sent)
    assert received.files["python/needle/autograd.py"] == STUB
    assert received.notices == (
        "Missing, so the hand-out without your solution is graded instead: "
        "python/needle/autograd.py.",
        "Missing, so filled in from the hand-out: python/needle/init/init_basic.py.",
    )


# -- leaving out -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "notice", "flag"),
    [
        ("python/needle/fast.so", "compiled files: python/needle/fast.so", "compiled files"),
        ("python/needle/ops.cpython-311-x86_64-linux-gnu.so", "compiled files", "compiled files"),
        ("kernels/gemm.ptx", "compiled files: kernels/gemm.ptx", "compiled files"),
        ("python/needle/x.pyc", "compiled files", "compiled files: python/needle/x.pyc"),
        ("apps/weights.npz", "computed, not stored: apps/weights.npz", "stored weights"),
        ("apps/model.pkl", "computed, not stored", "stored weights or pickles: apps/model.pkl"),
        ("python/evil.pth", "how Python or pytest start", "start-up hooks"),
        ("python/sitecustomize.py", "how Python or pytest start", "start-up hooks"),
        ("usercustomize.py", "how Python or pytest start", "start-up hooks"),
        ("apps/conftest.py", "how Python or pytest start", "start-up hooks"),
        ("setup.cfg", "how Python or pytest start: setup.cfg", "start-up hooks"),
        ("python/numpy.py", "Python has modules of these names", "modules named like"),
        ("python/json/__init__.py", "Python has modules of these names", "modules named like"),
        ("apps/pytest.py", "Python has modules of these names", "modules named like"),
        ("python/grader/testing.py", "Python has modules of these names", "modules named like"),
        ("inner.zip", "archives in the archive are not opened: inner.zip", ""),
        ("apps/my notes.py", "names cannot be imported", ""),
        ("python/needle/n\u0435edle.py", "names cannot be imported", ""),
        ("tests/test_mine.py", "the grader runs its own tests", ""),
        ("train.py", "no part of this assignment: train.py", ""),
        ("hw1.ipynb", "no part of this assignment: hw1.ipynb", ""),
    ],
)
def test_what_is_left_out_is_named(alice: Path, name: str, notice: str, flag: str) -> None:
    received = _receive(alice, {**WORK, name: b"x = 1\n"})
    assert received.files == {**TEMPLATE, **WORK}
    assert len(received.notices) == 1
    assert notice in received.notices[0]
    assert name in received.notices[0]
    assert bool(flag) == bool(received.flags)
    assert not flag or flag in received.flags[0]


@pytest.mark.parametrize(
    "name", ["python/needle/json.py", "apps/simple_ml_helper.py", "python/needle/random.py"]
)
def test_helpers_inside_the_package_are_used(alice: Path, name: str) -> None:
    received = _receive(alice, {**WORK, name: b"x = 1\n"})
    assert received.files[name] == b"x = 1\n"
    assert received.flags == ()
    assert received.notices == ()


def test_changed_tests_and_settings_are_the_graders_own_again(alice: Path) -> None:
    changed = {"tests/hw1/test_forward.py": b"", "pytest.ini": b"[pytest]\naddopts = -p evil\n"}
    received = _receive(alice, {**SOLVED, **changed})
    assert received.files == {**TEMPLATE, **WORK}
    assert received.notices == (
        "Not used: tests and settings are the grader's own: pytest.ini, tests/hw1/test_forward.py.",
    )
    assert received.flags == (
        "handed-out tests or settings were changed: pytest.ini, tests/hw1/test_forward.py",
    )


def test_other_line_ends_are_no_change(alice: Path) -> None:
    windows = {p: c.replace(b"\n", b"\r\n") for p, c in SOLVED.items() if p not in WORK}
    received = _receive(alice, {**WORK, **windows})
    assert received.flags == ()
    assert received.notices == ()


def test_many_names_become_a_count(alice: Path) -> None:
    received = _receive(alice, {**WORK, **{f"{n:02}.txt": b"" for n in range(40)}})
    assert received.notices[0].endswith(
        ": 00.txt, 01.txt, 02.txt, 03.txt, 04.txt, 05.txt and 34 more."
    )


def test_a_folder_with_an_environment_of_ten_thousand_files_works(alice: Path) -> None:
    _lay_out(alice, {**WORK, "dlsys/pyvenv.cfg": b""})
    library = alice / "dlsys/lib"
    library.mkdir()
    for number in range(10_000):
        os.close(os.open(library / f"{number}.py", os.O_CREAT | os.O_WRONLY))
    (alice / "dlsys/python").symlink_to("/usr/bin/python3")
    assert intake.receive(alice, HW1, TEMPLATE).files == {**TEMPLATE, **WORK}


def test_data_is_not_read(alice: Path) -> None:
    _lay_out(alice, {**WORK, "data/cifar": b""})
    os.truncate(alice / "data/cifar", 1 << 40)
    assert intake.receive(alice, HW1, TEMPLATE).files == {**TEMPLATE, **WORK}


# -- looking closer --------------------------------------------------------------------


def test_a_framework_that_is_sent_along_is_flagged(alice: Path) -> None:
    vendored = {f"python/minigrad/m{n}.py": b"#" * 10_000 for n in range(30)}
    received = _receive(alice, {**WORK, **vendored, "python/needle/torch/__init__.py": b""})
    assert received.flags[0] == "new top-level packages: python/minigrad"
    assert received.flags[1].startswith("31 files of 292 KiB that were not handed out")
    assert received.flags[2] == "files named like a framework: python/needle/torch/__init__.py"


def test_a_folder_of_headers_is_no_package(alice: Path) -> None:
    rules = SimpleNamespace(
        **{**vars(HW1.submission), "accept": (*HW1.submission.accept, "python/**/*.h")}
    )
    course = cast("Assignment", SimpleNamespace(**{**vars(HW1), "submission": rules}))
    _lay_out(alice, {**WORK, "python/kernels/sum.h": b"// a header"})
    received = intake.receive(alice, course, TEMPLATE)
    assert "python/kernels/sum.h" in received.files
    assert received.flags == ()


def test_what_nbgrader_lays_beside_the_files_is_no_news_for_a_student(alice: Path) -> None:
    ours = {"submission_secret.txt": b"0f", "timestamp.txt": b"2026-09-21 01:00:00.000000 UTC"}
    _lay_out(alice, {**WORK, **ours, "hw1.ipynb": b"{}", "own.txt": b""})
    received = intake.receive(alice, HW1, {**TEMPLATE, "hw1.ipynb": b"{ }"})
    assert received.notices == ("Not used, because they are no part of this assignment: own.txt.",)


def test_imports_of_missing_modules_are_named_with_their_line(alice: Path) -> None:
    source = b'"""Text\nfrom which nothing is imported."""\nimport os, numpy\nimport needle\n'
    source += b"from more_itertools import x\n    import torch.nn as nn\nfrom . import cupy\n"
    received = _receive(alice, {**WORK, "apps/simple_ml.py": source})
    assert received.notices == (
        "Imports of modules that the grader may not have: "
        "apps/simple_ml.py:5 more_itertools, apps/simple_ml.py:6 torch.",
    )
    assert received.flags == ("imports of a framework: apps/simple_ml.py:6 torch",)


@pytest.mark.parametrize("content", [b"x\x00y", b"\xff\xfex\x00", b"# caf\xe9\nx = 1\n"])
def test_sources_that_python_cannot_read_are_used_and_named(alice: Path, content: bytes) -> None:
    received = _receive(alice, {**WORK, "apps/simple_ml.py": content})
    assert received.files["apps/simple_ml.py"] == content
    assert received.notices == ("Not UTF-8 text, so Python will not read it: apps/simple_ml.py.",)


def test_sources_that_name_their_encoding_are_fine(alice: Path) -> None:
    content = b"# coding: latin-1\n# caf\xe9\n"
    assert _receive(alice, {**WORK, "apps/simple_ml.py": content}).notices == ()


# -- names and files -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("subs/alice", "alice"),
        ("alice.zip", "alice"),
        ("alice.tar.gz", "alice"),
        ("alice.TGZ", "alice"),
        ("hw1 alice (late).zip", "hw1_alice_late"),
        ("a.b.zip", "a.b"),
        (".zip", "submission"),
        ("=cmd.zip", "cmd"),
        ("hw1.ipynb", "hw1"),
    ],
)
def test_the_name_of_a_submission(path: str, name: str) -> None:
    assert intake.name_of(Path(path)) == name


def test_the_name_of_the_present_folder(monkeypatch: pytest.MonkeyPatch, alice: Path) -> None:
    alice.mkdir()
    monkeypatch.chdir(alice)
    assert intake.name_of(Path(".")) == "hw1-alice"


def test_files_are_written_alike_whoever_sent_them(tmp_path: Path, alice: Path) -> None:
    received = _receive(alice, WORK)
    umask = os.umask(0o077)
    try:
        received.write(tmp_path / "run/submission")
    finally:
        os.umask(umask)
    paths = [tmp_path / "run/submission", *(tmp_path / "run/submission").rglob("*")]
    assert {stat.S_IMODE(p.stat().st_mode) for p in paths if p.is_dir()} == {0o755}
    assert {stat.S_IMODE(p.stat().st_mode) for p in paths if p.is_file()} == {0o644}
    assert {p.stat().st_mtime for p in paths} == {946_684_800.0}
    written = {str(p.relative_to(paths[0])): p.read_bytes() for p in paths if p.is_file()}
    assert written == received.files


def test_files_are_never_written_over_others(tmp_path: Path, alice: Path) -> None:
    received = _receive(alice, WORK)
    (tmp_path / "run").mkdir()
    with pytest.raises(FileExistsError):
        received.write(tmp_path / "run")


def test_a_refusal_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s.zip"
    path.write_bytes(make_zip([*WORK.items(), ("../evil.py", b"")], good=False))
    with pytest.raises(SubmissionRejected, match=r"\.\./evil\.py: a path through a parent"):
        intake.receive(path, HW1, TEMPLATE)
    assert list(tmp_path.iterdir()) == [path]


NAMES = st.lists(
    st.sampled_from(
        ["python", "needle", "apps", "ops", "hw1", "autograd.py", "ops.py", "simple_ml.py", "x.so"]
    ),
    min_size=1,
    max_size=5,
).map("/".join)


@given(st.sets(NAMES, max_size=12), st.sampled_from(["", "w/"]))
@settings(max_examples=200, deadline=None)
def test_any_tree_is_received_or_refused(
    tmp_path_factory: pytest.TempPathFactory, names: set[str], wrapper: str
) -> None:
    """And what is used is either handed out or has a place that the assignment accepts."""
    path = tmp_path_factory.getbasetemp() / "any.zip"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name in sorted(names):
            made.writestr(wrapper + name, b"x = 1\n")
    path.write_bytes(buffer.getvalue())
    try:
        received = intake.receive(path, HW1, TEMPLATE)
    except SubmissionRejected:
        return
    for name, content in received.files.items():
        assert TEMPLATE.get(name) == content or name.startswith(("python/", "apps/"))
        assert name.endswith(".py") or name in TEMPLATE
