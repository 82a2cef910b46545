"""Course notebooks: stripped like code, the same bytes each time, and searched for leaks whole."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from grader import leaks, manifest, release, secrecy
from grader.errors import MarkerError
from grader.manifest import Assignment
from grader.notebooks import course, percent, reading
from grader.notebooks.cells import NotebookError

TINY = Path(__file__).parents[2] / "examples/tiny"
TEXT = '''\
# %% [markdown]
# # Intervals
#
# Merge what overlaps.

# %%
import intervals


def longest(pieces):
    """Return the length of the longest interval."""
    ### BEGIN YOUR SOLUTION
    return max(last - first for first, last in intervals.merge(pieces))
    ### END YOUR SOLUTION


# %% tags=["solution"]
widths = [last * 3 - first * 2 + 17 for first, last in intervals.merge([(1, 2), (2, 5)])]

# %%
longest([(1, 2), (2, 5)])
'''
SECRET = "return max(last - first for first, last in intervals.merge(pieces))"


@pytest.fixture
def tiny(tmp_path: Path) -> Assignment:
    """Return the tiny assignment with a notebook."""
    ignore = shutil.ignore_patterns("__pycache__")
    folder = Path(shutil.copytree(TINY, tmp_path / "course", ignore=ignore))
    (folder / "reference/tiny.py").write_text(TEXT)
    path = folder / "assignments/tiny.toml"
    text = path.read_text().replace("[release]", '[release]\nnotebook = "tiny.py"')
    path.write_text(text)
    return manifest.load(path)


def sources(content: bytes) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(content)["cells"]]


def test_solutions_go_and_nothing_else_is_there(tiny: Assignment) -> None:
    made = release.build(tiny)
    content = made.files["tiny.ipynb"]
    assert b"max(" not in content
    assert b"widths" not in content
    assert "raise NotImplementedError()" in sources(content)[1]
    assert "tests/grader/questions.py" in made.files
    data = json.loads(content)
    assert (data["nbformat"], data["nbformat_minor"]) == (4, 5)
    for cell in data["cells"]:
        assert cell["metadata"] == {}
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


def test_the_same_text_gives_the_same_bytes_and_ids_stay_when_cells_are_added() -> None:
    once = course.release("n.py", TEXT.encode(), shown="n.py").content
    assert once == course.release("n.py", TEXT.encode(), shown="n.py").content
    more = course.release("n.py", b"# %%\n1 + 1\n\n" + TEXT.encode(), shown="n.py").content
    ids = [[cell["id"] for cell in json.loads(each)["cells"]] for each in (once, more)]
    assert ids[1][1:] == ids[0]
    assert len(set(ids[1])) == len(ids[1])


def test_a_line_of_the_notebook_leads_to_the_line_that_its_author_wrote(tiny: Assignment) -> None:
    made = release.build(tiny)
    lines = made.files["tiny.ipynb"].decode().split("\n")
    line = next(n for n, text in enumerate(lines, start=1) if '"longest([(1, 2)' in text)
    assert made.origin("tiny.ipynb", line) == "reference/tiny.py:21"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (("END YOUR SOLUTION", "END YOUR SOLUTION]"), "tiny.py:14: cell 2: `### END YOUR"),
        (("    ### END YOUR SOLUTION\n", ""), "tiny.py:12: cell 2: this block has no end"),
        (("# Merge", "# ### BEGIN SOLUTION of"), "tiny.py:4: cell 1: "),
        (("# Merge", "Merge"), "tiny.py:4: cell 1 is text"),
        (("# %%\nlongest", "#%%\nlongest"), "tiny.py:20: `#%%` looks like the begin of a cell"),
        (('["solution"]', '["solutoin"]'), "tiny.py:17: cell 3 has the tag 'solutoin'"),
    ],
)
def test_what_is_damaged_is_refused_with_the_cell(damage: tuple[str, str], message: str) -> None:
    text = TEXT.replace(*damage)
    assert text != TEXT
    with pytest.raises((MarkerError, NotebookError)) as caught:
        course.release("tiny.py", text.encode(), shown="tiny.py")
    assert message in str(caught.value)


# -- a notebook as the source ----------------------------------------------------------


def notebook(**changes: Any) -> dict[str, Any]:
    """Return a notebook with everything that must not go out."""
    cells = [
        {"cell_type": "markdown", "id": "about", "metadata": {"note": SECRET}, "source": "Text",
         "attachments": {"a.txt": {"text/plain": base64.b64encode(SECRET.encode()).decode()}}},
        {"cell_type": "code", "id": "answer", "metadata": {"secret": SECRET},
         "execution_count": 7, "outputs": [{"output_type": "stream", "text": [SECRET]}],
         "source": ["def f(pieces):\n", "    ### BEGIN SOLUTION\n", f"    {SECRET}\n",
                    "    ### END SOLUTION"]} | changes,
    ]  # fmt: skip
    return {"cells": cells, "metadata": {"x": SECRET}, "nbformat": 4, "nbformat_minor": 5}


def test_of_a_notebook_only_text_and_ids_go_out() -> None:
    made = course.release("n.ipynb", json.dumps(notebook()).encode(), shown="n.ipynb")
    assert [cell["id"] for cell in json.loads(made.content)["cells"]] == ["about", "answer"]
    assert b"intervals.merge" not in made.content
    assert base64.b64encode(SECRET.encode()) not in made.content
    assert [block.removed for block in made.blocks] == [(f"    {SECRET}",)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": ""}, "n.ipynb: cell 2 has no stable id"),
        ({"id": "about"}, "n.ipynb: cell 2 has the id 'about' of cell 1"),
        ({"id": "a b"}, "n.ipynb: cell 2 has the id 'a b'; an id is"),
        ({"source": "### BEGIN SOLUTION]\n"}, "n.ipynb: cell 2 (answer), line 1"),
    ],
)
def test_a_notebook_without_ids_or_with_a_damaged_marker_is_refused(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises((MarkerError, NotebookError)) as caught:
        course.release("n.ipynb", json.dumps(notebook(**change)).encode(), shown="n.ipynb")
    assert message in str(caught.value)


# -- the leak proof --------------------------------------------------------------------


def plant(data: dict[str, Any], where: str, said: str) -> None:
    code = next(cell for cell in data["cells"] if cell["cell_type"] == "code")
    match where:
        case "source":
            code["source"] = [f"{said}\n", "1 + 1"]
        case "comment":
            code["source"] = [f"# {said}"]
        case "output":
            code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": [said]}]
        case "metadata":
            data["metadata"]["note"] = said
        case "metadata of a cell":
            code["metadata"] = {"note": {"deep": [said]}}
        case "attachment":
            encoded = base64.b64encode(b"\x89PNG" + said.encode()).decode()
            data["cells"][0]["attachments"] = {"image.png": {"image/png": encoded}}
        case "id":
            code["id"] = said.encode().hex()[:64]
        case _:
            raise AssertionError(where)


PLACES = ("source", "comment", "output", "metadata", "metadata of a cell", "attachment", "id")


@pytest.mark.parametrize(("where", "indent"), [*((p, 1) for p in PLACES), ("source", None)])
def test_planted_secrets_are_found(tiny: Assignment, where: str, indent: int | None) -> None:
    if where == "id":  # which has room for 32 bytes
        reference = tiny.reference_dir / "tiny.py"
        short = TEXT.replace(SECRET, "return 2 * widest - 31 + depth")
        reference.write_text(short)
        said = "return 2 * widest - 31 + depth"
    else:
        said = SECRET
    made = release.build(tiny)
    release.write(made, tiny.template_dir)
    assert leaks.search(tiny, made, tiny.template_dir).findings == ()
    path = tiny.template_dir / "tiny.ipynb"
    data = json.loads(path.read_bytes())
    plant(data, where, said)
    path.write_text(json.dumps(data, indent=indent))
    found = leaks.search(tiny, made, tiny.template_dir).findings
    assert any("reference/tiny.py:13" in each.sentence for each in found), found


def test_a_solution_that_its_author_left_in_a_cell_is_found(tiny: Assignment) -> None:
    path = tiny.reference_dir / "tiny.py"
    path.write_text(f"{TEXT}\n# %%\ndef again(pieces):\n    {SECRET}\n")
    made = release.build(tiny)
    found = leaks.search(tiny, made, tiny.template_dir).findings
    assert any("reword reference/tiny.py:25" in each.sentence for each in found), found


def test_a_cell_with_the_tag_is_a_secret(tiny: Assignment) -> None:
    made = release.build(tiny)
    texts = {name: content.decode() for name, content in made.files.items()}
    places = [secret.place for secret in secrecy.solution(tiny, made, texts)]
    assert "reference/tiny.py:18" in places


# -- beside Jupyter's own libraries ----------------------------------------------------


def test_jupytext_reads_the_same_cells() -> None:
    jupytext = pytest.importorskip("jupytext")
    for path in sorted((TINY.parents[1] / "reference_solution/notebooks").glob("*.py")):
        text = path.read_text()
        theirs = [(c.cell_type, c.source) for c in jupytext.reads(text, fmt="py:percent").cells]
        assert [(cell.kind, cell.source) for cell in percent.read(text, path.name)] == theirs


def test_percent_text_is_read_as_it_was_written() -> None:
    cells = percent.read(TEXT, "n.py")
    again = percent.read(percent.write(cells), "n.py")
    assert [(c.kind, c.source, c.tags) for c in again] == [
        (c.kind, c.source, c.tags) for c in cells
    ]


def test_what_was_released_can_be_read() -> None:
    content = course.release("n.py", TEXT.encode(), shown="n.py").content
    read = reading.read(content, "n.ipynb")
    reading.require_ids(read, "n.ipynb")
    assert [cell.kind for cell in read.cells] == ["markdown", "code", "code"]
