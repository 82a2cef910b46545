"""otter assign's notebooks, and otter's tests in OK format."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from grader.errors import UsageError
from grader.importing import code, doctests, notebooks, otter_code
from grader.importing.draft import Draft, Question, Test, slug, unique
from grader.importing.notebooks import Cell

_FENCE = re.compile(r"\s*```\s*otter\n(.*?)```\s*", re.DOTALL)
_TEST_CONFIG = re.compile(
    r'\s*"""\s*#\s*BEGIN TEST CONFIG\n(.*?)"""\s*#\s*END TEST CONFIG;?\n?', re.DOTALL
)
#: keys of a question that mean something here
_KNOWN = {"name", "points", "manual"}

#: body, points or None, hidden, place
Case = tuple[str, "float | None", bool, str]


def read(path: Path) -> Draft:
    """Return the draft of an assign notebook, or of a folder of tests in OK format."""
    files = sorted(path.glob("tests/*.py")) or sorted(path.glob("*.py")) if path.is_dir() else []
    if path.suffix == ".ipynb":
        return _Notebook(path).draft()
    if found := [path] if path.suffix == ".py" else [f for f in files if f.name != "__init__.py"]:
        return _tests(path, found)
    raise UsageError(f"{path} is neither a notebook for `otter assign` nor has tests/*.py")


def _tests(path: Path, files: list[Path]) -> Draft:
    name = slug(path.stem)
    draft = Draft(name=name, title=path.stem, readme=f"# {path.stem}")
    draft.lose(f"{path}:1", "tests only: write the reference, and import what they test")
    taken: set[str] = set()
    for file in files:
        test, line = doctests.load(file)
        place, cases = f"{file}:{line}", list[Case]()
        for suite in test.get("suites") or []:
            for case in suite.get("cases") or []:
                body = doctests.statements(str(case.get("code", "")), place, draft)
                if body:
                    points = case.get("points")
                    cases.append((body, points, bool(case.get("hidden")), place))
        identity = unique(slug(str(test.get("name", file.stem)), "question"), taken)
        _add(draft, None, Question(id=identity, title=identity), cases, test.get("points"))
    return draft


class _Notebook:
    """Reads the cells in order; raw cells and fenced ones say where a question begins and ends."""

    def __init__(self, path: Path) -> None:
        self._cells = notebooks.read(path)
        self._draft = Draft(name=slug(path.stem), title=path.stem, readme="")
        self._module = code.Module(self._draft)
        self._block = ""
        self._question: dict[str, object] = {}
        self._place = ""
        self._cases: list[tuple[Cell, dict[str, object]]] = []
        self._questions: list[
            tuple[dict[str, object], list[tuple[Cell, dict[str, object]]], str]
        ] = []

    def draft(self) -> Draft:
        texts = []
        for cell in self._cells:
            config = _config(cell)
            if config is not None:
                self._mark(config, cell)
            elif cell.kind == "markdown" and self._block in ("", "PROMPT"):
                texts.append(cell.source)
            elif cell.kind == "code":
                self._code(cell)
        self._draft.readme = "\n\n".join([f"# {self._draft.title}", *texts])
        taken: set[str] = set()
        for question, cells, place in self._questions:
            self._finish(question, cells, place, taken)
        self._draft.reference[f"{self._draft.name}.py"] = self._module.text()
        return self._draft

    def _mark(self, config: str, cell: Cell) -> None:
        first, _, rest = config.partition("\n")
        words = first.lstrip("# ").strip()
        if words == "BEGIN QUESTION":
            self._question = _yaml(rest, cell.place, self._draft)
            self._cases, self._place = [], cell.place
            for key in sorted(set(self._question) - _KNOWN):
                self._draft.lose(cell.place, f"not carried over: {key}")
        elif words == "END QUESTION":
            self._questions.append((self._question, self._cases, self._place))
        elif words == "ASSIGNMENT CONFIG":
            for key in _yaml(rest, cell.place, self._draft):
                self._draft.lose(cell.place, f"not carried over: {key}")
        elif words.startswith(("BEGIN ", "END ")):
            self._block = words.removeprefix("BEGIN ") if words.startswith("BEGIN") else ""
        else:
            self._draft.lose(cell.place, f"not carried over: {first.strip()}")

    def _code(self, cell: Cell) -> None:
        if self._block == "TESTS":
            found = _TEST_CONFIG.match(cell.source)
            config = _yaml(found[1], cell.place, self._draft) if found else {}
            self._cases.append((cell, config))
        elif self._block != "PROMPT":
            text = otter_code.translate(cell.source, cell.place, self._draft)
            is_solution = self._block == "SOLUTION" or code.BEGIN in text
            self._module.add(text, cell.place, is_solution=is_solution)

    def _finish(
        self,
        question: dict[str, object],
        cells: list[tuple[Cell, dict[str, object]]],
        place: str,
        taken: set[str],
    ) -> None:
        identity = unique(slug(str(question.get("name", "")), "question"), taken)
        if question.get("manual") is True:
            self._draft.lose(place, f"{identity}: graded by hand, {question.get('points')} points")
            return
        cases = [case for cell, config in cells if (case := self._case(cell, config)) is not None]
        _add(
            self._draft,
            self._module,
            Question(id=identity, title=identity),
            cases,
            question.get("points"),
        )

    def _case(self, cell: Cell, config: dict[str, object]) -> Case | None:
        source = _TEST_CONFIG.sub("", cell.source)
        hidden = (
            config.get("hidden") is True
            or re.match(r"\s*#\s*HIDDEN\s*$", source.partition("\n")[0]) is not None
        )
        for key in sorted(set(config) - {"hidden", "points"}):
            self._draft.lose(cell.place, f"not carried over: {key}")
        body = self._body(source, cell)
        points = config.get("points")
        return None if body is None else (body, _number(points), hidden, cell.place)

    def _body(self, source: str, cell: Cell) -> str | None:
        """Return the code of a test: a function's body, or statements and their saved output."""
        tree = code.parse(code.plain(source, cell.place, self._draft), cell.place, self._draft)
        if not tree:
            return None
        if len(tree) == 1 and isinstance(tree[0], ast.FunctionDef):
            return self._function(tree[0], cell)
        want = _shown(cell)
        last = ast.get_source_segment(source, tree[-1]) or ""
        if not want or not isinstance(tree[-1], ast.Expr):
            if want:
                self._draft.lose(
                    cell.place, "test left out: its output is not that of its last line"
                )
            return None if want else source
        final = doctests.asserted(last, want, cell.place, self._draft)
        head = "\n".join(source.splitlines()[: tree[-1].lineno - 1])
        return None if final is None else f"{head}\n{final}"

    def _function(self, function: ast.FunctionDef, cell: Cell) -> str | None:
        if any(each.arg == "env" for each in function.args.args):
            self._draft.lose(cell.place, f"test left out: {function.name} asks for `env`")
            return None
        return "\n".join(map(ast.unparse, function.body))


def _add(
    draft: Draft,
    module: code.Module | None,
    question: Question,
    cases: list[Case],
    points: object,
) -> None:
    """Add a question: cases without points share what the others leave of the question's."""
    worth = _shares([case[1] for case in cases], points)
    for number, ((body, _, hidden, place), each) in enumerate(
        zip(cases, worth, strict=True), start=1
    ):
        name = f"test_{question.id}_{number}"
        if module is None:
            title = f'"""{question.title}, case {number}."""'
            text: str | None = code.function(name, [title], body)
        else:
            text = module.test(name, body, place)
        if text is not None:
            question.tests.append(Test(name=name, code=text, points=each, hidden=hidden))
    if question.tests:
        draft.questions.append(question)


def _shares(given: list[float | None], points: object) -> list[float]:
    if isinstance(points, list) and len(points) == len(given):
        return [_number(each) or 0.0 for each in points]
    known = sum(each for each in given if each is not None)
    total = _number(points)
    if total is None:
        total = known if known else 1.0
    unknown = sum(each is None for each in given)
    share = max(0.0, total - known) / unknown if unknown else 0.0
    return [share if each is None else each for each in given]


def _number(value: object) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return None


def _config(cell: Cell) -> str | None:
    """Return the text of a raw or fenced cell that speaks to otter."""
    if cell.kind == "raw" and cell.source.lstrip().startswith("#"):
        return cell.source.strip()
    found = _FENCE.fullmatch(cell.source) if cell.kind == "markdown" else None
    return found[1].strip() if found else None


def _yaml(text: str, place: str, draft: Draft) -> dict[str, object]:
    """Read the flat `key: value` lines that otter's cells have; say which lines are more."""
    found: dict[str, object] = {}
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = re.fullmatch(r"([A-Za-z_]+):\s*(.*?)\s*", line)
        if match is None:
            draft.lose(place, f"not carried over: {line.strip()}")
            continue
        found[match[1]] = _value(match[2])
    return found


def _value(text: str) -> object:
    if text.lower() in ("true", "yes"):
        return True
    if text.lower() in ("false", "no"):
        return False
    try:
        value: object = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text
    return value


def _shown(cell: Cell) -> str:
    """Return the output that is saved with a test: its result, or what it printed."""
    shown = []
    for output in cell.outputs:
        value = output.get("text") or output.get("data", {}).get("text/plain", "")
        shown.append("".join(value) if isinstance(value, list) else str(value))
    return "".join(shown)
