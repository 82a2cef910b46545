"""Compiled files that last: found again, never taken for those of another content."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from grader import bytecode
from grader.export import html


@pytest.fixture(autouse=True)
def _python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what a test sets end with it."""
    monkeypatch.setattr(sys, "pycache_prefix", "/where/it/was")
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def written(path: Path, text: str) -> None:
    """Write a file as from an archive whose times are fixed."""
    path.write_text(text)
    os.utime(path, (10**9, 10**9))


def imported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Import `module_that_changes` as a new process would."""
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "module_that_changes", raising=False)
    importlib.invalidate_caches()
    value: int = importlib.import_module("module_that_changes").VALUE
    return value


def test_other_content_of_the_same_size_and_time_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, folder = tmp_path / "kept", tmp_path / "course"
    folder.mkdir()
    for value in (1, 2):
        written(folder / "module_that_changes.py", f"VALUE = {value}\n")
        bytecode.keep_in(base, "assignment", f"tests {value}")
        assert imported(folder, monkeypatch) == value
    files = list(base.rglob("module_that_changes.*.pyc"))
    assert len(files) == 2
    assert not list(folder.rglob("*.pyc"))


def test_the_same_digests_find_what_was_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, folder = tmp_path / "kept", tmp_path / "course"
    folder.mkdir()
    written(folder / "module_that_changes.py", "VALUE = 1\n")
    for _ in range(2):
        bytecode.keep_in(base, "assignment", "tests")
        assert imported(folder, monkeypatch) == 1
        monkeypatch.setattr(sys, "pycache_prefix", "/where/it/was")
        (file,) = base.rglob("module_that_changes.*.pyc")
        os.utime(file, (10**9, 10**9))
    assert file.stat().st_mtime == 10**9, "compiled again"


@pytest.mark.parametrize("kind", ["a file", "a link"])
def test_a_base_that_is_no_folder_of_ours_changes_nothing(tmp_path: Path, kind: str) -> None:
    base = tmp_path / "kept"
    if kind == "a file":
        base.touch()
    else:
        (tmp_path / "elsewhere").mkdir()
        base.symlink_to(tmp_path / "elsewhere")
    bytecode.keep_in(base, "digest")
    assert sys.pycache_prefix == "/where/it/was"


def test_only_those_used_last_are_kept(tmp_path: Path) -> None:
    for number in range(bytecode.KEPT + 3):
        folder = tmp_path / f"old{number:02d}"
        folder.mkdir()
        (folder / "file").touch()
        os.utime(folder, (number, number))
    bytecode.keep_in(tmp_path, "digest")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == bytecode.KEPT
    assert "old03" not in names
    assert Path(sys.pycache_prefix or "").name in names


def test_pages_that_were_compiled_are_found_and_damaged_ones_compiled_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []

    def in_new_process() -> None:
        html._environment.cache_clear()
        html.keep_compiled(tmp_path / "pages")
        compile_one = html._environment().compile
        compiled.clear()

        def watched(source: str, *rest: Any, **more: Any) -> Any:
            compiled.append(source)
            return compile_one(source, *rest, **more)

        monkeypatch.setattr(html._environment(), "compile", watched)
        html.compile_templates()

    in_new_process()
    every = list(compiled)
    assert every
    in_new_process()
    assert not compiled
    for file in (tmp_path / "pages").rglob("*.cache"):
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    in_new_process()
    assert sorted(compiled) == sorted(every)
    html._environment.cache_clear()
