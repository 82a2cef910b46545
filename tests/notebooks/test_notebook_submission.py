"""Notebooks that are handed in: read or refused with a reason, and graded as modules."""

from __future__ import annotations
import __future__

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from grader import intake, manifest, release
from grader.errors import SubmissionRejected
from grader.notebooks import module, places, reading
from grader.notebooks.cells import NotebookError
from grader.results import Report

COURSE = Path(__file__).parents[2] / "examples/tiny-notebook"


def cell(source: Any, kind: str = "code", **more: Any) -> dict[str, Any]:
    extra: dict[str, Any] = {"outputs": [], "execution_count": 3} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {}, "source": source} | extra | more


def notebook(*cells: Any, **more: Any) -> bytes:
    data = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": list(cells)} | more
    return json.dumps(data).encode()


def made(*sources: str) -> module.Module:
    return module.module(reading.read(notebook(*map(cell, sources)), "n.ipynb"), "n.ipynb")


# -- odd notebooks ---------------------------------------------------------------------

BIG = [{"output_type": "stream", "name": "stdout", "text": ["x" * (1 << 20)] * 20}]
WIDGETS = {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"a": {"b": 1}}}}}
V3 = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {"name": "old"},
    "worksheets": [
        {
            "cells": [
                {"cell_type": "heading", "level": 1, "source": "Old"},
                {"cell_type": "code", "input": ["x = ", "1"], "language": "python"},
            ]
        }
    ],
}
READ = {
    "widgets": notebook(cell("x = 1"), metadata=WIDGETS),
    "20 MB of outputs": notebook(cell("x = 1", outputs=BIG)),
    "nbformat 3": json.dumps(V3).encode(),
    "no kernelspec": notebook(cell("x = 1"), metadata={}),
    "a list of lines": notebook(cell(["x ", "= ", "1"])),
    "raw": notebook(cell("%% any", "raw"), cell("x = 1")),
    "attachments": notebook(
        cell("![a](attachment:a.png)", "markdown", attachments={"a.png": {"image/png": "AA=="}}),
        cell("x = 1"),
    ),
    "half a pair in an output": notebook(cell("x = 1", outputs=["\ud800"])),
    "NaN in an output": notebook(cell("x = 1", outputs=[float("nan")])),
    "2,000 cells": notebook(*[cell("x = 1")] * 2000),
    "a byte order mark": b"\xef\xbb\xbf" + notebook(cell("x = 1")),
    **{f"nbformat 4.{n}": notebook(cell("x = 1"), nbformat_minor=n) for n in range(6)},
}
REFUSED = {
    "half a pair": (notebook(cell("a"), cell("x\ny = '\ud800'")), "cell 2, line 2: a character"),
    "NUL": (notebook(cell("x = '\0'")), "cell 1, line 1: a character"),
    "not JSON": (b"{", "not JSON"),
    "not UTF-8": (b"\xff\xfe{}", "not JSON"),
    "a list": (b"[]", "a notebook is a JSON object, not list"),
    "no cells": (b'{"nbformat": 4}', "it has no list of cells"),
    "no version": (b'{"cells": []}', "does not say its nbformat"),
    "version 2": (b'{"nbformat": 2, "cells": []}', "nbformat 2.0 is not read"),
    "deep": (b"[" * 100_000, "nested too deeply"),
    "a key twice": (b'{"nbformat": 4, "nbformat": 4}', "'nbformat' occurs twice"),
    "a cell that is none": (notebook(cell("a"), 7), "cell 2: a cell is a JSON object, not int"),
    "a kind of cell": (notebook(cell("a", "sql")), "cell 1 is a 'sql' cell"),
    "no source": (notebook({"cell_type": "code"}), "cell 1 has no text as its source"),
    "too many cells": (notebook(*[cell("")] * 5001), "5001 cells are more than 5000"),
    "a long number": (b'{"nbformat": ' + b"4" * 5000 + b"}", "not JSON"),
}


@pytest.mark.parametrize("name", READ)
def test_odd_notebooks_are_read(name: str) -> None:
    found = module.module(reading.read(READ[name], "n.ipynb"), "n.ipynb")
    assert "x = 1" in found.source


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_notebook_is_refused_with_a_reason(name: str) -> None:
    content, message = REFUSED[name]
    with pytest.raises(NotebookError) as caught:
        module.module(reading.read(content, "n.ipynb"), "n.ipynb")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("limit", "message"),
    [("MAX_BYTES", "are more than the 0 MiB"), ("MAX_BRACKETS", "opening brackets are more than")],
)
def test_what_would_take_too_much_memory_is_refused(
    monkeypatch: pytest.MonkeyPatch, limit: str, message: str
) -> None:
    monkeypatch.setattr(reading, limit, 100)
    with pytest.raises(NotebookError, match=f"{message}.*clear its outputs"):
        reading.read(notebook(cell("x = 1", outputs=[[]] * 100)), "n.ipynb")


def test_a_notebook_of_more_than_20_mb_is_taken_and_one_of_more_than_40_is_not(
    tmp_path: Path,
) -> None:
    assignment = manifest.load(COURSE / "assignments/tiny-notebook.toml")
    template = dict(release.build(assignment).files)
    path = tmp_path / "big.ipynb"
    path.write_bytes(notebook(cell("x = 1", outputs=BIG)))
    for at in (path, tmp_path):  # the file, and the folder that it lies in
        made = intake.receive(at, assignment, template)
        assert "x = 1" in made.files["src/intervals.py"].decode()
    os.truncate(path, (40 << 20) + 1)
    for at in (path, tmp_path):
        message = "41943041 bytes, more than the 40 MB of a notebook; clear its outputs"
        with pytest.raises(SubmissionRejected, match=message):
            intake.receive(at, assignment, template)


# -- magics ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1\n!pip install torch", "cell 1, line 2: the shell escape `!pip install torch`"),
        ("%pylab inline", "cell 1, line 1: the magic %pylab"),
        ("files = !ls", "cell 1, line 1: the shell escape `files = !ls`"),
        ("%%time\nx = (", "cell 1, line 1: the magic %%time"),
        ("if x:\n    %run other.py", "cell 1, line 2: the magic %run"),
        ("t = %timeit -o f()", "cell 1, line 1: the magic %timeit"),
        ("f(1,\n  2)\n%cd ..", "cell 1, line 3: the magic %cd"),
        ("!echo 'it\nx = 1\n%pwd", "cell 1, line 3: the magic %pwd"),
        ("len?", "cell 1, line 1: `len?`, which only IPython understands"),
        ("?len", "cell 1, line 1: `?len`, which only IPython understands"),
    ],
)
def test_magics_and_shell_escapes_are_refused_by_name(source: str, message: str) -> None:
    with pytest.raises(NotebookError) as caught:
        made(source)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "source",
    [
        "x = (7\n  % 3)",
        "s = '''\n%time\n!ls\n'''",
        's = """\n%time\n"""',
        "x = 7 \\\n  % 3",
        "# %time\nx = 1",
        "a = 'it''s'\nx = a != 'b'",
        "print('100 %')",
        "d = {\n'a':\n1,\n}",
    ],
)
def test_what_looks_like_a_magic_inside_python_stays(source: str) -> None:
    assert source in made(source).source


def test_what_only_changes_how_things_look_is_left_out() -> None:
    found = made("%matplotlib inline\n%load_ext autoreload\nx = 1")
    assert "%" not in found.source
    assert found.place(found.source.split("\n").index("x = 1") + 1) == "cell 1, line 3"


@pytest.mark.parametrize("before", ["x = 1", "# only a comment", '"""A docstring."""'])
def test_features_of_the_future_may_be_asked_for_in_any_cell(before: str) -> None:
    found = made(before, "from __future__ import annotations, division  # new\ny = 1")
    assert compile(found.source, "n", "exec").co_flags & __future__.annotations.compiler_flag
    assert found.place(found.source.split("\n").index("y = 1") + 1) == "cell 2, line 2"
    assert "from __future__ import nonsense" in made("from __future__ import nonsense").source


def test_a_long_line_of_quotes_takes_no_time() -> None:
    assert made("x = " + "'\\" * 100_000)
    assert made("x = " + '"""' * 99_999)
    assert made('\\"""\n' * 100_000 + "\\")
    assert made(" " * 1_000_000 + "(=")


# -- places ----------------------------------------------------------------------------


def test_lines_of_the_module_become_lines_of_cells() -> None:
    found = made("a = 1", "b = 2\nc = 3")
    line = found.source.split("\n").index("c = 3") + 1
    said = f'File "/submission/src/work.py", line {line}, in f; (work.py, line {line})'
    assert places.translated(said, "src/work.py", found) == (
        "Notebook, cell 2, line 2, in f; (cell 2, line 2)"
    )
    assert places.translated(f"at ./src/work.py:{line}: bad", "src/work.py", found) == (
        "at cell 2, line 2: bad"
    )
    for other in (
        f'File "/submission/src/homework.py", line {line}',
        f"src/homework.py:{line}",
        "work.py: no such file",
    ):
        assert places.translated(other, "src/work.py", found) == other


@pytest.mark.parametrize("text", ["a" * 200_000, "a/" * 100_000, "work.py" * 30_000])
def test_a_long_text_without_places_stays_as_it_is(text: str) -> None:
    assert places.translated(text, "src/work.py", made("a = 1")) == text


# -- graded ----------------------------------------------------------------------------


def test_the_template_of_the_example_is_current() -> None:
    assignment = manifest.load(COURSE / "assignments/tiny-notebook.toml")
    assert release.is_current(release.build(assignment), assignment.template_dir) == []


def test_two_notebooks_are_one_too_many(tmp_path: Path) -> None:
    assignment = manifest.load(COURSE / "assignments/tiny-notebook.toml")
    for name in ("a.ipynb", "b.ipynb"):
        (tmp_path / name).write_bytes(notebook(cell("x = 1")))
    with pytest.raises(SubmissionRejected, match="a second notebook"):
        intake.receive(tmp_path, assignment, dict(release.build(assignment).files))


SHOWS = """
%matplotlib inline
import matplotlib.pyplot as plt
from IPython.display import HTML, clear_output, display
figure, (left, right) = plt.subplots(1, 2)
left.plot([1, 2])
clear_output(wait=True)
display(HTML("<b>done</b>"))
plt.show(block=True)
import matplotlib.cm, numpy
from mpl_toolkits.mplot3d import Axes3D
line, = plt.plot([1])
counts, edges, bars = plt.hist([1, 2])
low, high = plt.xlim()
from matplotlib import pyplot
figure, (left, middle, right) = pyplot.subplots(1, 3)
assert pyplot is plt
plt.xlim(low - 1, high + counts / 2)
numpy.array([plt.gca(), plt.figure().subplots(2, 2)[0, 1]])
if "google.colab" in str(get_ipython()):
    import google.colab
"""


def with_cell(folder: Path, name: str, source: str) -> Path:
    """Write the right notebook with one more cell at its end."""
    data = json.loads((COURSE / "submissions/right.ipynb").read_text())
    data["cells"].append(cell(source, id="one-more"))
    (folder / name).write_text(json.dumps(data))
    return folder / name


def test_the_samples_are_graded(tmp_path: Path) -> None:
    samples = sorted((COURSE / "submissions").glob("*.ipynb"))
    samples += [
        with_cell(tmp_path, "shows.ipynb", SHOWS),
        with_cell(tmp_path, "unfinished.ipynb", "def f(:"),
        with_cell(tmp_path, "leaves.ipynb", "import sys\nsys.exit()"),
        with_cell(tmp_path, "foreign.ipynb", "import tensorflow"),
    ]
    out = tmp_path / "out"
    options = ["--out", out, "--sandbox", "bubblewrap"]
    path = COURSE / "assignments/tiny-notebook.toml"
    command = [sys.executable, "-m", "grader", "grade", path, *samples, *options]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    reports = {
        sample.stem: Report.from_json((out / sample.stem / "report.json").read_text())
        for sample in samples
    }
    assert {name: report.score for name, report in reports.items()} == {
        "foreign": 0.0,
        "forgets_to_sort": 1.0,
        "leaves": 0.0,
        "magics": None,
        "right": 3.0,
        "shows": 3.0,
        "stops_in_a_cell": 0.0,
        "template": 0.0,
        "unfinished": 0.0,
    }
    assert "cell 2, line 1: the shell escape `!pip install torch`" in reports["magics"].message
    said = said_of(reports["stops_in_a_cell"])
    assert "ZeroDivisionError: division by zero (cell 3, line 2)" in said
    assert "SyntaxError: invalid syntax (cell 4, line 1)" in said_of(reports["unfinished"])
    assert "imported: SystemExit (cell 4, line 2)" in said_of(reports["leaves"])
    assert reports["shows"].notices == (
        "Imports of modules that the grader may not have: cell 4, line 21 google.",
    )
    assert reports["foreign"].notices == (
        "Imports of modules that the grader may not have: cell 4, line 1 tensorflow.",
    )


def said_of(report: Report) -> str:
    return report.tests[0].message
