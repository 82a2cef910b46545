"""The course notebooks run: on the reference to the end, on the template to the first question."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from grader import release
from tests import notebooks_kit as kit

NAMES = list(kit.names())
RUNS = pytest.mark.skipif(not kit.are_to_run(), reason="run by `make notebooks`, and by CI")
pytestmark = [
    # of Jupyter's libraries, about themselves
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.mark.parametrize("name", NAMES)
def test_every_question_is_checked_once_under_its_title(name: str) -> None:
    notebook = kit.assignment(name).template_dir / f"{name}.ipynb"
    assert kit.checks(notebook.read_bytes()) == kit.titles(name)


@pytest.mark.parametrize("name", NAMES)
def test_every_question_says_what_to_write(name: str) -> None:
    found = kit.assignment(name)
    blocks = {part for block in release.build(found).blocks for part in block.name.split(".")}
    notebook = json.loads((found.template_dir / f"{name}.ipynb").read_text())
    text = ""
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            text += source
        elif source.startswith("check("):
            assert blocks & set(re.findall(r"`(\w+)`", text)), source
            text = ""


@RUNS
@pytest.mark.parametrize("name", NAMES)
def test_runs_on_the_reference(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kit.run(kit.lay_out(name, tmp_path / name, solved=True), monkeypatch) == ""


@RUNS
@pytest.mark.parametrize("name", NAMES)
def test_stops_at_the_first_question_of_the_template(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = kit.run(kit.lay_out(name, tmp_path / name, solved=False), monkeypatch)
    assert stopped.startswith("QuestionUnsolved: " + kit.titles(name)[0][1])
