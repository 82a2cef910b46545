"""Native code of submissions: compiled in the sandbox, errors told, tricks without effect."""

from __future__ import annotations

import functools
import importlib.machinery
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from parts import require

from grader import building, intake, orders, sandbox
from grader.building import boxed, diagnostics, store, tools
from grader.errors import Crashed, InfrastructureError, SubmissionRejected
from grader.intake import Submission
from grader.manifest import load
from grader.order import Order
from grader.sandbox import child, landlock
from grader.sandbox.base import Limits
from grader.sandbox.docker import engine
from grader.sandbox.fake import FakeSandbox
from tests import native_kit

SUFFIX = importlib.machinery.EXTENSION_SUFFIXES[0]
FAST, FASTER = "python/sums/fast", "python/sums/faster"


@pytest.fixture(scope="module", autouse=True)
def compiler() -> None:
    """Ask for a machine that compiles."""
    try:
        tools.find()
    except InfrastructureError as error:
        require(False, str(error))


@pytest.fixture(params=["bubblewrap", "docker", "process", "fake"])
def box(request, monkeypatch) -> str:
    """Return the name of each back end."""
    if request.param == "bubblewrap":
        require(shutil.which("bwrap") is not None, "bubblewrap")
    if request.param == "docker":
        require(engine.answers(), "a container engine")
    monkeypatch.setitem(sandbox.BACKENDS, "fake", FakeSandbox)
    return request.param


@pytest.fixture
def strict(bubblewrap) -> str:
    """Return the back end that isolates."""
    return "bubblewrap"


@pytest.fixture(params=["bubblewrap", "docker", "container"])
def hostile(request) -> str:
    """Return the name of each back end that isolates; by hand, of the first alone."""
    if request.param == "bubblewrap":
        require(shutil.which("bwrap") is not None, "bubblewrap")
    elif not os.environ.get("CI"):
        pytest.skip("compiles for seconds: CI=true")
    elif request.param == "docker":
        require(engine.answers(), "a container engine")
    elif os.geteuid() != 0 or not landlock.version():
        pytest.skip("uids of their own need root and Landlock")
    return request.param


@pytest.fixture
def order(tmp_path) -> functools.partial[Order]:
    """Return an order to compile for; the back end is left open."""
    manifest = native_kit.course(tmp_path / "course")
    (tmp_path / "scratch").mkdir()
    return functools.partial(
        Order,
        assignment=str(manifest),
        submission="",
        name="student",
        out=str(tmp_path / "out"),
        scratch=str(tmp_path / "scratch"),
        isolated=False,
    )


def sent(files: dict[str, str] | None = None) -> Submission:
    """Return a correct submission but for some files."""
    texts = native_kit.FILES | (files or {})
    return Submission(name="s", files={k: v.encode() for k, v in texts.items()}, digest="")


def only_cpp(order: functools.partial[Order]) -> None:
    """Take the CUDA module out of the assignment."""
    path = Path(order.keywords["assignment"])
    text = path.read_text()
    begin, end = text.rindex("[[native]]"), text.index("[[question]]")
    path.write_text(text[:begin] + text[end:])


def limit(order: functools.partial[Order], line: str) -> None:
    """Change a limit of the assignment."""
    path = Path(order.keywords["assignment"])
    name = line.split(" ")[0]
    kept = [old for old in path.read_text().splitlines() if not old.startswith(f"{name} ")]
    path.write_text("\n".join(kept).replace("[limits]", f"[limits]\n{line}"))


def refused(order: functools.partial[Order], source: str, box: str = "bubblewrap") -> str:
    """Return what a student is told of a C++ file that gives no module."""
    only_cpp(order)
    made = building.add_modules(order(sandbox=box), sent({"src/fast.cc": source}))
    assert FAST + SUFFIX not in made.files
    [notice] = made.notices
    stub = made.files[f"{FAST}.py"].decode()
    with pytest.raises(ImportError) as raised:
        exec(compile(stub, "stub", "exec"), {})
    assert notice == f"src/fast.cc is not compiled:\n{raised.value}"
    return str(raised.value)


# -- compiling -------------------------------------------------------------------------


def test_modules_lie_beside_the_package_and_work(order, box, tmp_path):
    if box != "bubblewrap":  # the emulation of CUDA takes seconds to compile
        only_cpp(order)
    made = building.add_modules(order(sandbox=box), sent())
    assert made.notices == made.flags == ()
    made.write(tmp_path / "made")
    code = "import sums; print(sums.fast_add(1, 2))"
    if box == "bubblewrap":
        code += "; print(sums.faster_add(3, 4))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "made/python", capture_output=True, text=True
    )
    assert done.stdout.split() == (["3", "7"] if box == "bubblewrap" else ["3"]), done.stderr


def test_an_assignment_without_native_code_is_left_alone(order, strict):
    path = Path(order.keywords["assignment"])
    text = path.read_text()
    path.write_text(text[: text.index("[[native]]")] + text[text.index("[[question]]") :])
    submission = sent()
    assert building.add_modules(order(sandbox=strict), submission) is submission


def test_the_same_sources_are_compiled_once(order, strict, tmp_path, monkeypatch):
    only_cpp(order)
    runs = []
    compiled = boxed.run
    monkeypatch.setattr(boxed, "run", lambda *words: runs.append(words) or compiled(*words))
    make = functools.partial(building.add_modules, order(sandbox=strict, cache=str(tmp_path / "c")))
    jobs = [threading.Thread(target=make, args=[sent()]) for _ in range(2)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert len(runs) == 1
    # what the compiler does not see changes nothing; a header that it sees does
    make(sent({"python/sums/__init__.py": "", "src/other.h": "int other;"}))
    assert len(runs) == 1
    made = make(sent({"src/terms.h": native_kit.TERMS.replace("a + b", "a - b")}))
    assert len(runs) == 2
    assert made.files[FAST + SUFFIX] != make(sent()).files[FAST + SUFFIX]
    broken = sent({"src/terms.h": "no C++"})
    assert make(broken).notices == make(broken).notices != ()
    assert len(runs) == 3
    # another back end may have another compiler and other libraries
    monkeypatch.setitem(sandbox.BACKENDS, "other", sandbox.BACKENDS[strict])
    building.add_modules(order(sandbox="other", cache=str(tmp_path / "c")), sent())
    assert len(runs) == 4


def test_modules_are_kept_where_nobody_else_gets(tmp_path):
    folder = tmp_path / "a" / "b"
    kept = store.Store(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    kept.put("x.so", b"module")
    assert store.Store(folder).get("x.so") == b"module"
    assert kept.get("y.so") is None
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(PermissionError):
        store.Store(tmp_path / "link")


def test_what_a_run_that_was_cut_off_left_goes(tmp_path):
    kept = store.Store(tmp_path / "kept")
    old, new = tmp_path / "kept/.tmpold", tmp_path / "kept/.tmpnew"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    with kept.alone("ab.so"):
        kept.put("ab.so", b"module")
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {
        ".lock-ab",
        ".tmpnew",
        "ab.so",
    }


def test_old_modules_make_room(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "KEPT", 3)
    kept = store.Store(tmp_path / "kept")
    for number in range(5):
        kept.put(f"{number}.so", b"module")
        os.utime(tmp_path / "kept" / f"{number}.so", (number, number))
    assert [number for number in range(5) if kept.get(f"{number}.so")] == [2, 3, 4]


def test_modules_last_only_where_students_cannot_write():
    assert store.default_folder({"XDG_CACHE_HOME": "/c"}) == Path("/c/needle-grader/native")
    assert store.default_folder({"XDG_CACHE_HOME": "c"}).is_relative_to(Path.home())


# -- errors ----------------------------------------------------------------------------


def test_a_student_reads_the_first_errors(order, box):
    source = native_kit.ADD.replace("sum(a, b)", "sum(a, b, c)")
    told = refused(order, source, box)
    line = 1 + source[: source.index("sum(a, b, c)")].count("\n")
    assert told.splitlines()[0].startswith(f"src/fast.cc:{line}: error: ")
    assert "not declared" in told or "undeclared" in told


def test_an_error_in_a_header_names_the_header(order, strict):
    only_cpp(order)
    made = building.add_modules(order(sandbox=strict), sent({"src/terms.h": "\nlong sum(;\n"}))
    assert "\nsrc/terms.h:2: error: " in made.notices[0]


def test_errors_are_few_and_short(order, strict):
    told = refused(order, "".join(f"#error {'x' * 500} {i}\n" for i in range(20_000)))
    assert len(told.splitlines()) <= diagnostics.TOLD + 1
    assert len(told) < 2500


def test_exactly_the_tests_that_need_the_module_fail(order, strict, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assignment = load(Path(order.keywords["assignment"]))
    wrong = native_kit.KERNEL.replace("*out = a + b;", "*out = a + missing;")
    kept = tmp_path / "cache/needle-grader/native"
    writes = "".join(
        f'  if (FILE* f = fopen("{path}", "w")) {{ fputs("forged", f); fclose(f); }}\n'
        for path in (kept / "forged.so", f"/submission/{FAST}{SUFFIX}", tmp_path / "forged")
    )
    # runs when the module is loaded, in the sandbox
    forger = f"#include <stdio.h>\n__attribute__((constructor)) static void run() {{\n{writes}}}\n"
    sources = {"src/faster.cu": wrong, "src/fast.cc": forger + native_kit.ADD}
    folder = native_kit.submission(tmp_path / "student", sources)
    with orders.grading(assignment, box=sandbox.BACKENDS[strict](), isolated=True) as grade:
        report = grade(folder)
    status = {test.id.split("::")[1]: test.status for test in report.tests}
    assert status == {"test_python": "passed", "test_cpp": "passed", "test_cuda": "error"}
    assert "src/faster.cu:4: error: " in report.tests[-1].message
    assert "src/faster.cu:4: error: " in "".join(report.notices)
    assert report.provenance.cuda == "emulated"
    assert not (tmp_path / "forged").exists()
    [module] = kept.glob("*.so")
    assert module.read_bytes().startswith(b"\x7fELF")


# -- limits, and what is missing -------------------------------------------------------

ENDLESS = """
template <int N, unsigned M> struct F {
  static constexpr unsigned v = F<N - 1, 2 * M>::v + F<N - 1, 2 * M + 1>::v;
};
template <unsigned M> struct F<0, M> { static constexpr unsigned v = M; };
unsigned v = F<30, 1>::v;
"""
#: doubles a text until it has 2 GiB
HUGE = "#define D0 0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,\n"
HUGE += "".join(f"#define D{i} D{i - 1} D{i - 1}\n" for i in range(1, 28)) + "int a[] = {D27};\n"


def test_endless_templates_end(order, hostile):
    limit(order, "build_seconds = 2.0")
    told = refused(order, ENDLESS, hostile)
    assert told == "src/fast.cc: error: Time limit: 2 s of processor time for compiling."


def test_a_compiler_that_waits_for_ever_ends(order, strict, monkeypatch):
    monkeypatch.setattr(Limits, "build_wait", 3.0)
    monkeypatch.setattr(tools.Tools, "command", lambda *_: ["/bin/sleep", "60"])
    told = refused(order, "")
    assert told.startswith("src/fast.cc: error: Time limit: 3 s by the clock for compiling. The")


@pytest.mark.parametrize("known", [True, False])
def test_a_machine_too_busy_to_compile_is_nobodys_zero(order, strict, monkeypatch, known):
    """What still computes when the time is up has not used its processor time."""
    monkeypatch.setattr(Limits, "build_wait", 1.0)
    program = "while :; do :; done" if known else "sleep 60"
    monkeypatch.setattr(tools.Tools, "command", lambda *_: ["/bin/sh", "-c", program])
    if not known:  # a container engine elsewhere
        monkeypatch.setattr(child.Child, "root", None)
    with pytest.raises(InfrastructureError, match=r"within 1 s.*too busy.*--jobs"):
        building.add_modules(order(sandbox=strict), sent())


def test_what_the_build_tool_computes_before_it_compiles_counts():
    code = """
import sys
from grader.native import build
build.compile_module = lambda *_: [0 for _ in iter(int, 1)]
sys.exit(build.main(["--stdout", "--cpu-seconds", "1", "a.cu=a"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.strip() == "CPU time limit exceeded before the compiler ran"


def test_memory_is_limited(order, hostile):
    limit(order, "build_memory = 268435456")
    assert "memory limit" in refused(order, HUGE, hostile)


def test_a_huge_module_is_refused(order, strict, monkeypatch):
    limit(order, "file_size = 1073741824")
    monkeypatch.setattr(boxed, "LARGEST_MODULE", 1 << 20)
    assert "1 MiB" in refused(order, "char huge[1 << 22] = {1};\n")


def test_a_huge_file_is_refused(order, hostile):
    limit(order, "file_size = 1048576")
    told = refused(order, "char huge[1 << 28] = {1};\n", hostile)
    assert told == "src/fast.cc: error: A file in compiling exceeds 1048576 bytes."


@pytest.mark.parametrize("who", ["bwrap", "setpriv", "prlimit"])
def test_a_sandbox_that_fails_before_the_build_is_nobodys_zero(order, strict, monkeypatch, who):
    said = f"{who}: Can't mount: No space left on device\n".encode()
    failed = boxed.Finished(output=b"", complaint=said, fault=Crashed("exit code 1", code=1))
    monkeypatch.setattr(boxed, "run", lambda *_: failed)
    with pytest.raises(InfrastructureError, match=f"does not run in the sandbox.*{who}: Can't"):
        building.add_modules(order(sandbox=strict), sent())


@pytest.mark.parametrize(
    "said",
    [
        "g++: fatal error: Killed signal terminated program cc1plus\ncompilation terminated.\n",
        "clang++: error: unable to execute command: Killed\n",
    ],
)
def test_a_compiler_that_somebody_killed_is_nobodys_zero(order, strict, monkeypatch, said):
    """The sandbox has seen no limit reached, so the machine has run out of memory."""
    failed = boxed.Finished(
        output=b"", complaint=said.encode(), fault=Crashed("exit code 1", code=1)
    )
    monkeypatch.setattr(boxed, "run", lambda *_: failed)
    with pytest.raises(InfrastructureError, match=r"machine has run out of memory.*--jobs"):
        building.add_modules(order(sandbox=strict), sent())


def test_nobody_says_in_a_source_that_he_was_killed(order, strict):
    source = '#pragma message "g++: fatal error: Killed signal terminated program cc1plus"\n'
    assert "src/fast.cc:2: error" in refused(order, source + "no C++\n")


def test_a_compiler_that_is_not_in_the_sandbox_is_nobodys_zero(order, strict, monkeypatch):
    command = tools.Tools.command
    hidden = ["/usr/bin/env", "CXX=/nowhere/g++"]
    monkeypatch.setattr(tools.Tools, "command", lambda *words: [*hidden, *command(*words)])
    with pytest.raises(InfrastructureError, match="CXX is '/nowhere/g\\+\\+'"):
        building.add_modules(order(sandbox=strict), sent())


def test_a_missing_compiler_is_nobodys_zero(order, monkeypatch):
    monkeypatch.setattr(tools, "_PATH", "/nowhere")
    tools.find.cache_clear()
    try:
        with pytest.raises(InfrastructureError, match=r"apt-get install g\+\+"):
            building.add_modules(order(sandbox="process"), sent())
        with pytest.raises(InfrastructureError, match="compiler"):
            building.check_tools(load(Path(order.keywords["assignment"])))
    finally:
        tools.find.cache_clear()


# -- attacks ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "directive",
    ['#include "{}"', '__asm__(".incbin \\"{}\\"");', '#include "../../../../../..{}"'],
)
@pytest.mark.parametrize("what", ["/etc/passwd", "hidden", "report"])
def test_no_file_of_the_host_can_be_included(order, hostile, tmp_path, directive, what):
    secret = {"hidden": tmp_path / "course/tests_hidden/values.py", "report": tmp_path / "secret"}
    path = secret.get(what, Path("/etc/passwd"))
    (tmp_path / "secret").write_text("sesame-4711\n")
    if hostile != "bubblewrap" and what != "hidden":
        pytest.skip("one kind of file tells; a container may have a /etc/passwd of its own")
    told = refused(order, directive.format(path) + "\nint after;\n", hostile)
    assert "sesame" not in told
    assert "root:" not in told
    assert "error" in told.lower()


def test_what_another_file_holds_is_not_quoted():
    complaint = (
        "In file included from src/fast.cc:3:\n"
        "/srv/course/tests_hidden/values.py:1:1: error: 'sesame' does not name a type\n"
        "    1 | sesame = 4711\n"
    )
    [told] = diagnostics.first_errors(complaint.encode(), ["src/fast.cc"])
    assert told == "src/fast.cc:3: error: this leads to errors in a file that is not yours"


def test_what_the_assembler_says_names_the_source():
    complaint = (
        "/tmp/cc3BFNua.s: Assembler messages:\n"
        "/tmp/cc3BFNua.s:4: Error: file not found: /etc/shadow\n"
    )
    [told] = diagnostics.first_errors(complaint.encode(), ["src/fast.cc"])
    assert told == "src/fast.cc: error: file not found: shadow (in assembler code)"


def test_include_bombs_end(order, hostile):
    limit(order, "build_seconds = 5.0")
    assert "error" in refused(order, '#include "fast.cc"\n#include "fast.cc"\n', hostile)


def test_a_source_that_warns_for_ever_is_stopped(order, hostile):
    limit(order, "output = 65536")
    told = refused(order, "#warning again and again\n" * 2_000, hostile)
    assert told == "src/fast.cc: error: The compiler said more than 65536 bytes."


def test_constructors_run_nowhere_but_in_the_sandbox(order, hostile, tmp_path):
    marker = tmp_path / "ran"
    source = (
        "#include <stdio.h>\n__attribute__((constructor)) static void run() {\n"
        f'  if (FILE* f = fopen("{marker}", "w")) fclose(f);\n}}\n' + native_kit.ADD
    )
    only_cpp(order)
    made = building.add_modules(order(sandbox=hostile), sent({"src/fast.cc": source}))
    assert FAST + SUFFIX in made.files
    assert not marker.exists()


def test_what_could_be_imported_instead_is_left_out(order, hostile):
    only_cpp(order)
    forged = {f"{FAST}.py": "add = 3", f"{FAST}/__init__.py": "add = 3"}
    made = building.add_modules(order(sandbox=hostile), sent(forged))
    assert not forged.keys() & made.files.keys()
    assert "python/sums/fast.py" in made.notices[0]
    assert "python/sums/fast.py" in made.flags[0]


def test_a_source_may_lie_beside_its_module(order, strict):
    path = Path(order.keywords["assignment"])
    only_cpp(order)
    path.write_text(path.read_text().replace('"src/fast.cc"', f'"{FAST}.cc"'))
    path.parent.with_name("reference").joinpath(f"{FAST}.cc").write_text(native_kit.ADD)
    beside = {f"{FAST}.cc": native_kit.ADD, "python/sums/terms.h": native_kit.TERMS}
    made = building.add_modules(order(sandbox=strict), sent(beside))
    assert FAST + SUFFIX in made.files
    assert made.notices == made.flags == ()


def test_prebuilt_files_and_build_hooks_are_not_used(order, tmp_path):
    files = {
        f"{FAST}{SUFFIX}": "\x7fELF",
        "src/fast.o": "x",
        "src/kernel.ptx": "x",
        "src/libx.a": "x",
        "python/sums/fast.pyd": "x",
        "python/sums/fast.dll": "x",
        "Makefile": "all:\n\ttouch /tmp/pwned",
        "setup.py": "raise SystemExit",
        "CMakeLists.txt": "x",
        "native/build.py": "raise SystemExit",
    }
    folder = native_kit.submission(tmp_path / "student", files)
    received = intake.receive(folder, load(Path(order.keywords["assignment"])), {})
    assert received.files.keys() == native_kit.FILES.keys()
    said = " ".join(received.notices)
    assert "compiled files" in said
    assert all(Path(name).name in said for name in ("src/fast.o", "src/kernel.ptx", "src/libx.a"))
    assert any(flag.startswith("compiled files") for flag in received.flags)


def test_a_source_that_is_a_link_is_no_source(order, tmp_path):
    folder = native_kit.submission(tmp_path / "student", {})
    (folder / "src/fast.cc").unlink()
    (folder / "src/fast.cc").symlink_to("/etc/passwd")
    with pytest.raises(SubmissionRejected, match=r"fast\.cc"):
        intake.receive(folder, load(Path(order.keywords["assignment"])), {})
