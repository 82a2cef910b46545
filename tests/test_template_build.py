"""The native code of a template compiles, or the line is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from parts import require

from grader import manifest, release, template_build, template_imports
from grader.building import tools
from grader.errors import InfrastructureError
from grader.release import Finding
from tests import native_kit

Check = Callable[[str], list[Finding]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Return a function that builds and imports the template of a course with this C++ file."""
    try:
        tools.find()
    except InfrastructureError as error:
        require(False, str(error))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(source: str) -> list[Finding]:
        path = native_kit.course(tmp_path / "course")
        text = path.read_text()  # CUDA takes seconds
        path.write_text(text[: text.rindex("[[native]]")] + text[text.index("[[question]]") :])
        package = native_kit.PACKAGE + "\nfrom .fast import add as fastest\n"
        texts = {"python/sums/__init__.py": package, "src/fast.cc": source}
        native_kit.write(tmp_path / "course" / "reference", texts)
        assignment = manifest.load(path)
        made = release.build(assignment)
        folder = tmp_path / "built"
        release.write_files(made.files, folder)
        found = list(template_build.build(assignment, made, folder))
        return found or list(template_imports.check(assignment, made, folder))

    return run


def test_a_template_is_compiled_before_it_is_imported(check: Check, tmp_path: Path) -> None:
    assert check(native_kit.ADD) == []
    assert list((tmp_path / "cache/needle-grader/templates").glob("*.so"))


def test_what_does_not_compile_is_named_by_its_line_in_the_reference(check: Check) -> None:
    helper = "static int twice(int a) { return 2 * a; }\n"
    source = native_kit.ADD.replace("sum(a, b)", "sum(a, b));\n  // one more line")
    source = source.replace(
        "static PyMethodDef",
        f"/// BEGIN YOUR CODE\n{helper}/// END YOUR CODE\n"
        "static int four = twice(2);\nstatic PyMethodDef",
    )
    [found] = check(source)
    line = 1 + source[: source.index("static int four")].count("\n")
    assert (found.path, found.line) == ("reference/src/fast.cc", line)
    assert found.sentence.startswith("the template does not compile: ")
    assert "twice" in found.sentence


def test_an_import_that_does_not_end_is_told_to_the_instructor(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_imports, "_SECONDS", 1)
    source = native_kit.ADD + "\n__attribute__((constructor)) static void wait() { for (;;) {} }\n"
    with pytest.raises(InfrastructureError, match=r"took more than 1 s; is the machine busy\?"):
        check(source)
