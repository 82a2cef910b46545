"""`grader export --to nbgrader`: what is written, and what is not written over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader import manifest
from grader.errors import UsageError
from grader.nbcourse import cells, handout, source

ROOT = Path(__file__).parents[1]


def test_the_notebook_has_a_cell_for_the_points_of_every_question(tiny: Path) -> None:
    notebook = json.loads(handout.notebook(manifest.find("tiny", tiny), None))
    marks = [cell["metadata"]["nbgrader"] for cell in notebook["cells"]]
    assert [(m["grade_id"], m["points"]) for m in marks if m["grade"]] == [("merge", 3.0)]
    assert [m["grade_id"] for m in marks if m["solution"]] == ["merge-notes"]
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell in code:  # "Run all" stops nowhere
        exec(compile("".join(cell["source"]), "cell", "exec"), {})


def test_points_follow_the_tests_of_a_question_in_the_course_notebook() -> None:
    assignment = manifest.find("hw1", ROOT)
    content = source._content(assignment)
    notebook = json.loads(content["hw1.ipynb"])
    told = json.loads((assignment.template_dir / "hw1.ipynb").read_text(encoding="utf-8"))
    found = {cell["id"]: cell for cell in notebook["cells"]}
    assert len(found) == len(notebook["cells"])
    assert [c for c in notebook["cells"] if "nbgrader" not in c["metadata"]] == told["cells"]
    before = ""
    graded = []
    for cell in notebook["cells"]:
        if not cell["metadata"].get("nbgrader"):
            before = "".join(cell["source"])
        elif cell["metadata"]["nbgrader"]["grade"]:
            graded.append((cell["metadata"]["nbgrader"]["grade_id"], before.partition(",")[0]))
    files = {q.id: f'check("tests/hw1/{q.file}"' for q in assignment.questions}
    assert dict(graded) == files
    assert len(graded) == len(files)


def test_ids_of_cells_are_made_unique_within_their_length() -> None:
    text = cells.notebook([cells.text_cell("a" * 70, "x") for _ in range(12)])
    ids = [cell["id"] for cell in json.loads(text)["cells"]]
    assert len(set(ids)) == 12
    assert {len(name) for name in ids} == {64}


def test_names_of_cells_are_those_that_nbgrader_allows() -> None:
    assert cells.names(["a b", "a_b", "ü", "a_b-notes"]) == {
        "a b": "a_b",
        "a_b": "a_b-2",
        "ü": "_",
        "a_b-notes": "a_b-notes-2",
    }


def test_a_changed_file_is_not_written_over_without_being_asked(tiny: Path, tmp_path: Path) -> None:
    assignment, course = manifest.find("tiny", tiny), tmp_path / "course"
    source.write(assignment, course)
    assert "0 files written" in source.write(assignment, course)[-1]
    readme = course / "source" / "tiny" / "README.md"
    own = readme.with_name("own.txt")
    readme.write_text("my own words", encoding="utf-8")
    own.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"README\.md"):
        source.write(assignment, course)
    assert readme.read_text(encoding="utf-8") == "my own words"
    said = source.write(assignment, course, overwrite=True)
    assert said[0] == f"{readme}: overwritten, though it was changed"
    assert own.read_text(encoding="utf-8") == "mine"


def test_a_link_in_the_course_is_not_written_through(tiny: Path, tmp_path: Path) -> None:
    assignment, course = manifest.find("tiny", tiny), tmp_path / "course"
    source.write(assignment, course)
    precious = tmp_path / "precious"
    precious.write_text("precious", encoding="utf-8")
    readme = course / "source" / "tiny" / "README.md"
    readme.unlink()
    readme.symlink_to(precious)
    source.write(assignment, course, overwrite=True)
    assert precious.read_text(encoding="utf-8") == "precious"
    assert not readme.is_symlink()
