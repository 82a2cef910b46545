"""Assignments of other systems become ours: written as their authors write them, never executed."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest
from command_line import Command

from grader import manifest
from grader.errors import UsageError
from grader.importing import gradescope, nbgrader, otter

#: what no importer may run
BOMB = "open('/tmp/never-run-by-grader-import', 'w').close()"


def cell(source: str, kind: str = "code", output: str = "", **marks: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": textwrap.dedent(source)}
    if marks:
        base = {"schema_version": 3, "locked": False, "grade": False, "solution": False}
        # nbgrader writes the type of the cell into its own metadata, too
        made["metadata"]["nbgrader"] = base | {"cell_type": kind, "task": False} | marks
    if kind == "code":
        data = {"data": {"text/plain": output}, "output_type": "execute_result"}
        made |= {"execution_count": None, "outputs": [data] if output else []}
    return made


def notebook(path: Path, *cells: dict[str, Any], version: int = 4) -> Path:
    content = {"cells": cells, "metadata": {}, "nbformat": version, "nbformat_minor": 4}
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return path


def proves(grader: Command, out: Path, name: str) -> None:
    for step in ("release", "verify"):
        done = grader(step, name, "--course", out)
        assert done.returncode == 0, done.stdout + done.stderr


def nbgrader_sample(path: Path) -> Path:
    return notebook(
        path,
        cell("# Homework\nWrite `double`.", "markdown", grade_id="intro", locked=True),
        cell("%matplotlib inline\nimport math\nimport matplotlib.pyplot as plt"),
        cell(
            '''\
            def double(x):
                """Return twice x."""
                ### BEGIN SOLUTION
                return 2 * x
                ### END SOLUTION
            ''',
            grade_id="double",
            solution=True,
        ),
        cell("print(double(3))"),
        cell(
            """\
            ### AUTOTEST double(7)
            assert double(2) == 4
            ### BEGIN HIDDEN TESTS
            assert double(-1.5) == -3
            assert double(math.floor(2.5)) == 4
            ### END HIDDEN TESTS
            """,
            grade_id="test_double",
            grade=True,
            locked=True,
            points=3,
        ),
        cell("### HASHED AUTOTEST double(1)", grade_id="auto", grade=True, locked=True, points=1),
        cell("Why?", "markdown", grade_id="why", grade=True, solution=True, points=2),
    )


@pytest.mark.usefixtures("bubblewrap")
def test_an_nbgrader_notebook_becomes_a_course_that_is_proven(
    tmp_path: Path, grader: Command
) -> None:
    source = nbgrader_sample(tmp_path / "hw.ipynb")
    done = grader("import", "nbgrader", source, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    made = manifest.find("hw", tmp_path / "out")
    assert [(t.function, t.points, str(t.visibility)) for t in made.tests] == [
        ("test_test_double", 0.0, "visible"),
        ("test_test_double", 3.0, "hidden"),
    ]
    lines = source.read_text(encoding="utf-8").splitlines()
    for sentence, number in (
        ("left out, since it is no Python: %matplotlib inline", 2),
        ("left out, since a module would run it on import: print(double(3))", 4),
        ("left out, since nothing that is graded uses it: import matplotlib.pyplot as plt", 2),
        ("needs autotests.yml and a kernel: ### AUTOTEST double(7)", 5),
        ("needs autotests.yml and a kernel: ### HASHED AUTOTEST double(1)", 6),
        ("why: graded by hand, 2 points", 7),
    ):
        (said,) = (each for each in done.stdout.splitlines() if each.endswith(sentence))
        place, _, rest = said.removeprefix(f"{source}:").partition(":")
        assert rest.startswith(f" cell {number}: ")
        # the line is where the cell begins
        assert lines[int(place) - 1].strip() == "{"
        assert sum(line == "  {" for line in lines[: int(place)]) == number
    proves(grader, tmp_path / "out", "hw")


def otter_sample(path: Path) -> Path:
    return notebook(
        path,
        cell("# ASSIGNMENT CONFIG\nexport_cell: false\nseed:\n  variable: s", "raw"),
        cell("Some text."),
        cell("# BEGIN QUESTION\nname: q1\npoints: 3", "raw"),
        cell("# BEGIN SOLUTION", "raw"),
        cell(
            '''\
            def square(x):
                """Return x times x."""
                y = x * x  # SOLUTION
                return y  # SOLUTION
            '''
        ),
        cell("# END SOLUTION", "raw"),
        cell("# BEGIN TESTS", "raw"),
        cell("square(3)", output="9"),
        cell("# HIDDEN\nx = -2\nsquare(x) == 4", output="True"),
        cell(
            '""" # BEGIN TEST CONFIG\npoints: 2\nhidden: true\n""" # END TEST CONFIG\nsquare(0)\n',
            output="0",
        ),
        cell("square(1.5)", output="<object at 0x7f>"),
        cell("# END TESTS", "raw"),
        cell("# END QUESTION", "raw"),
        cell("```otter\n# BEGIN QUESTION\nname: q2\nmanual: true\npoints: 5\n```", "markdown"),
        cell("# END QUESTION", "raw"),
    )


@pytest.mark.usefixtures("bubblewrap")
def test_an_otter_notebook_becomes_a_course_that_is_proven(tmp_path: Path, grader: Command) -> None:
    source = otter_sample(tmp_path / "lab.ipynb")
    done = grader("import", "otter", source, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    made = manifest.find("lab", tmp_path / "out")
    assert [(t.function, t.points, str(t.visibility)) for t in made.tests] == [
        ("test_q1_1", 0.5, "visible"),
        ("test_q1_2", 0.5, "hidden"),
        ("test_q1_3", 2.0, "hidden"),
    ]
    for sentence in (
        "cell 1: not carried over: export_cell",
        "cell 1: not carried over: variable: s",
        "cell 11: test left out: `<object at 0x7f>` is no value to compare with",
        "cell 14: q2: graded by hand, 5 points",
    ):
        assert sentence in done.stdout
    proves(grader, tmp_path / "out", "lab")


def test_otter_tests_in_ok_format_are_read_and_not_run(tmp_path: Path) -> None:
    path = tmp_path / "q1.py"
    path.write_text(
        "OK_FORMAT = True\n\n"
        "test = {'name': 'q1', 'points': None, 'suites': [{'cases': [\n"
        " {'code': r'''>>> x = 2\n>>> abs(-x)\n2\n''', 'hidden': False, 'locked': False},\n"
        " {'code': r'''>>> print(1)\n1 2\n''', 'hidden': True}], 'type': 'doctest'}]}\n"
    )
    draft = otter.read(path)
    (test,) = draft.questions[0].tests
    assert "assert (abs(-x)) == 2" in test.code
    assert f"{path}:3: test left out: `1 2` is no value to compare with" in draft.findings
    path.write_text(f"test = {BOMB}\n")
    with pytest.raises(UsageError, match="OK format"):
        otter.read(path)


@pytest.mark.usefixtures("bubblewrap")
def test_a_gradescope_autograder_becomes_a_course_that_is_proven(
    tmp_path: Path, grader: Command
) -> None:
    folder = tmp_path / "calculator"
    (folder / "tests").mkdir(parents=True)
    (folder / "solution").mkdir()
    (folder / "setup.sh").write_text("pip install gradescope-utils\n")
    (folder / "solution" / "calc.py").write_text(
        '"""Calculates."""\n\n\nclass Adder:\n    """Adds."""\n\n    unit = 1\n\n'
        "    def add(self, a, b):\n        return a + b\n\n\n"
        'def add(a, b):\n    """Return the sum."""\n    return Adder().add(a, b)\n\n\n'
        "def divide(a, b):\n    if b == 0:\n        raise ZeroDivisionError('b')\n"
        "    return a / b\n"
    )
    tests = folder / "tests" / "test_calc.py"
    tests.write_text(
        "import unittest\n"
        "from gradescope_utils.autograder_utils.decorators import weight, number, visibility\n"
        "from calc import add, divide\n\n\n"
        "class TestAdd(unittest.TestCase):\n"
        "    def setUp(self):\n        self.three = 3\n\n"
        "    @weight(2)\n    @number('1.1')\n"
        "    def test_add(self):\n"
        '        """Adds."""\n        self.assertEqual(add(1, 2), 3, "sum")\n\n'
        "    @weight(1.5)\n    @visibility('after_published')\n"
        "    def test_zero(self):\n"
        "        with self.assertRaises(ZeroDivisionError):\n            divide(1, 0)\n"
        "        self.assertAlmostEqual(divide(1, 4), 0.25)\n\n"
        "    @weight(1)\n"
        "    def test_state(self):\n        self.assertEqual(add(0, self.three), 3)\n\n"
        "    @partial_credit(4)\n"
        "    def test_parts(self, set_score=None):\n"
        "        set_score(sum(add(n, 1) == n + 1 for n in range(4)))\n\n"
        "    def test_helped(self):\n        self.helper()\n\n"
        "    @leaderboard('time')\n"
        "    def test_board(self, set_leaderboard_value=None):\n        set_leaderboard_value(1)\n"
    )
    done = grader("import", "gradescope", folder, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    made = manifest.find("calculator", tmp_path / "out")
    assert [(t.function, t.points, str(t.visibility)) for t in made.tests] == [
        ("test_add", 2.0, "visible"),
        ("test_state", 1.0, "visible"),
        ("test_parts", 4.0, "visible"),
        ("test_zero", 1.5, "hidden"),
    ]
    for sentence in (
        f"{folder / 'setup.sh'}:1: not carried over",
        f"{tests}:11: not carried over: @number('1.1')",
        f"{tests}:17: after_published becomes hidden",
        "partial credit: all of the points or none",
        "test_helped: test left out: `self` means",
        "test_board: test left out: nobody gives it set_leaderboard_value",
    ):
        assert sentence in done.stdout
    proves(grader, tmp_path / "out", "calculator")


def autograder(path: Path, tests: str, **solution: str) -> Path:
    """Write an autograder's folder; `__` in the name of a module is a slash."""
    for name, text in {"tests__test_calc": tests, **solution}.items():
        top = "" if name.startswith("tests") else "solution/"
        file = path / f"{top}{name.replace('__', '/', 1)}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
    return path


def outcome(code: str, name: str, **names: Any) -> str:
    """Run an imported test with these names and say how it ended."""
    scope = dict(names)
    exec(code, scope)
    try:
        scope[name]()
    except AssertionError:
        return "fails"
    return "passes"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if two() != 2: set_score(0); return\nset_score(4)", "passes"),
        ("if two() == 2: set_score(0); return\nset_score(4)", "fails"),
        ("set_score(4)\nset_score(3)", "fails"),
        ("assert two() == 2", "passes"),
        ("assert two() == 3", "fails"),
        ('"""Only says so."""', "passes"),
    ],
)
def test_partial_credit_is_all_or_nothing_also_after_a_return(
    tmp_path: Path, body: str, expected: str
) -> None:
    head = "class TestX:\n    @partial_credit(4)\n    def test_y(self, set_score=None):\n"
    tests = head + textwrap.indent(body, " " * 8)
    (test,) = gradescope.read(autograder(tmp_path, tests)).questions[0].tests
    assert outcome(test.code, "test_y", two=lambda: 2) == expected


def test_setup_that_does_more_than_set_attributes_is_before_every_test(tmp_path: Path) -> None:
    tests = """\
        class TestSeeded:
            def setUp(self):
                super().setUp()
                seed(0)

            def test_a(self):
                assert seeds == [0]

        class TestPlain:
            def setUp(self):
                self.three = seed(3)

            def test_b(self):
                assert seeds == []

            def test_c(self):
                assert seeds == [3] or self.three

            def test_d(self):
                def more():
                    self.three += 1
                more()

        class TestReturns:
            def setUp(self):
                if seeds:
                    return
                seed(1)

            def test_e(self):
                assert False
    """
    draft = gradescope.read(autograder(tmp_path, tests))
    found = [test for question in draft.questions for test in question.tests]
    assert [test.name for test in found] == ["test_a", "test_b", "test_c"]
    for test in found:
        seeds: list[int] = []
        assert outcome(test.code, test.name, seeds=seeds, seed=seeds.append) == "passes"
    place = tmp_path / "tests" / "test_calc.py"
    for sentence in (
        f"{place}:19: test_d: test left out: an inner function or class sets self.three",
        f"{place}:30: test_e: test left out: its setUp has a `return`",
    ):
        assert any(each.startswith(sentence) for each in draft.findings)


def test_imports_that_other_files_need_are_kept(tmp_path: Path) -> None:
    folder = autograder(
        tmp_path,
        "from calc import tools\nfrom calc.mod import *\nclass TestX:\n"
        "    def test_y(self):\n        assert tools.hidden.x\n",
        calc____init__="from calc.mod import add\nimport mod\n",
        calc__mod="from starlib import *\nimport torchlib, os\nimport hidden\nimport unused\n",
        calc__tools="from .mod import torchlib\n",
    )
    draft = gradescope.read(folder)
    assert draft.reference["calc/__init__.py"] == "from calc.mod import add\n"
    assert draft.reference["calc/mod.py"] == (
        "from starlib import *\nimport torchlib, os\nimport hidden\n"
    )
    place = folder / "solution" / "calc"
    for sentence in (
        f"{place / '__init__.py'}:1: left out, since nothing that is graded uses it: import mod",
        f"{place / 'mod.py'}:1: left out, since nothing that is graded uses it: import unused",
        f"{place / 'mod.py'}:1: has to be installed where student code runs: import hidden",
        f"{folder / 'tests' / 'test_calc.py'}:2: not carried over: from calc.mod import *",
    ):
        assert sentence in draft.findings


def test_what_shares_a_line_with_code_that_is_kept_stays(tmp_path: Path) -> None:
    source = notebook(
        tmp_path / "hw.ipynb",
        cell("import torchlib; x = 1\nimport a1; import a2\ny = 2\nimport a3"),
        cell("print(1); z = 3\nprint(2); print(3)\nw = 4"),
    )
    draft = nbgrader.read(source)
    assert draft.reference["hw.py"].split("\n") == [
        *("import torchlib; x = 1", "y = 2", "", "", "print(1); z = 3", "w = 4", ""),
    ]
    said = [each.partition(" cell ")[2] for each in draft.findings]
    assert sorted(said) == [
        "1: has to be installed where student code runs: import torchlib",
        "1: left out, since nothing that is graded uses it: import a1",
        "1: left out, since nothing that is graded uses it: import a2",
        "1: left out, since nothing that is graded uses it: import a3",
        "2: left out, since a module would run it on import: print(2)",
        "2: left out, since a module would run it on import: print(3)",
        "2: runs on import, and shares a line with what is kept; take it out by hand: print(1)",
    ]


def test_nothing_is_executed_and_nothing_written_over(tmp_path: Path, grader: Command) -> None:
    bomb = Path("/tmp/never-run-by-grader-import")
    source = notebook(
        tmp_path / "hw.ipynb",
        cell(BOMB),
        cell(f"def f():\n    {BOMB}\n", grade_id="f", solution=True),
        cell(f"f()\n{BOMB}", grade_id="t", grade=True, locked=True, points=1),
    )
    nbgrader.read(source)
    tests = tmp_path / "auto" / "tests"
    tests.mkdir(parents=True)
    (tests / "test_x.py").write_text(
        f"{BOMB}\nclass TestX:\n    def test_y(self):\n        {BOMB}\n"
    )
    gradescope.read(tmp_path / "auto")
    assert not bomb.exists()
    done = grader("import", "nbgrader", source, "--out", tmp_path)
    assert done.returncode == 2
    assert "not an empty folder" in done.stderr


@pytest.mark.parametrize("text", ["", "[]", "{", '{"nbformat": 4}', '{"nbformat": 4, "cells": 3}'])
def test_what_is_no_notebook_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "hw.ipynb"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"hw\.ipynb:1: not a notebook"):
        nbgrader.read(path)
    with pytest.raises(UsageError, match="nbformat 3"):
        nbgrader.read(notebook(path, version=3))


def test_strings_of_several_lines_keep_their_content(tmp_path: Path) -> None:
    source = notebook(
        tmp_path / "hw.ipynb",
        cell('text = """a\n  b"""\nassert len(text) == 5', grade_id="t", grade=True, points=1),
    )
    (test,) = nbgrader.read(source).questions[0].tests
    scope: dict[str, Any] = {}
    exec(test.code, scope)
    scope["test_t"]()
