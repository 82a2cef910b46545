"""Runs course notebooks as a student does, in a folder with the template or with the reference."""

from __future__ import annotations

import ast
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import manifest, release, template_build
from grader.manifest import Assignment
from grader.notebooks import course

REPOSITORY = Path(__file__).parent.parent
#: what of the reference lies where the template's files lie
TREES = ("python", "apps", "src")


def assignment(name: str) -> Assignment:
    return manifest.load(REPOSITORY / f"assignments/{name}.toml")


def names() -> Iterator[str]:
    """Yield the assignments that have a notebook."""
    for path in sorted((REPOSITORY / "assignments").glob("*.toml")):
        if manifest.load(path).release.notebook:
            yield path.stem


def lay_out(name: str, folder: Path, *, solved: bool) -> Path:
    """Write the template, under the reference when `solved`, and return its notebook."""
    found = assignment(name)
    made = release.build(found)
    release.write_files(made.files, folder)
    if solved:
        for tree in TREES:
            if (found.reference_dir / tree).is_dir():
                ignore = shutil.ignore_patterns("__pycache__", "*.so")
                source = found.reference_dir / tree
                shutil.copytree(source, folder / tree, dirs_exist_ok=True, ignore=ignore)
        own = found.reference_dir / str(found.release.notebook)
        content = course.whole(str(found.release.notebook), own.read_bytes(), own.name)
        (folder / f"{name}.ipynb").write_bytes(content)
    if problem := next(template_build.build(found, made, folder), None):
        raise AssertionError(str(problem))
    return folder / f"{name}.ipynb"


def run(notebook: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a notebook from top to bottom; return the error that stops it, empty when none does."""
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(notebook.parent / ".ipython"))
    for variable in ("PYTHONPATH", "NEEDLE_BACKEND"):
        monkeypatch.delenv(variable, raising=False)
    import nbclient
    import nbformat

    content = nbformat.read(notebook, as_version=4)
    nbformat.validate(content)
    client = nbclient.NotebookClient(
        content,
        timeout=600,
        startup_timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(notebook.parent)}},
    )
    try:
        client.execute()
    except nbclient.exceptions.CellExecutionError as error:
        return f"{error.ename}: {error.evalue}"
    return ""


def titles(name: str) -> list[tuple[str, str]]:
    """Return file and title of every question, as the cells that check them name them."""
    return [(f"tests/{name}/{q.file}", q.title) for q in assignment(name).questions]


def checks(notebook: bytes) -> list[tuple[str, str]]:
    """Return what each `check(...)` of a notebook is called with."""
    found = []
    for cell in json.loads(notebook)["cells"]:
        source = "".join(cell["source"])
        if source.startswith("check("):
            call = ast.parse(source).body[0]
            assert isinstance(call, ast.Expr)
            assert isinstance(call.value, ast.Call)
            file, title = map(ast.literal_eval, call.value.args)
            found.append((file, title))
    return found


def are_to_run() -> bool:
    """Tell whether notebooks are run now: it takes a minute or two."""
    return bool(os.environ.get("CI") or os.environ.get("NOTEBOOKS"))
