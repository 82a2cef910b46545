"""Gradescope's autograder folders: unittest files with the decorators of gradescope-utils."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader.errors import UsageError
from grader.importing import code
from grader.importing.draft import Draft, Question, Test, slug, unique

#: folders that authors keep their solution in
_SOLUTIONS = ("solution", "solutions", "reference")
#: method of unittest.TestCase -> what it asserts of its first arguments
_ASSERTIONS = {
    "assertEqual": "assert {0} == {1}",
    "assertNotEqual": "assert {0} != {1}",
    "assertTrue": "assert {0}",
    "assertFalse": "assert not {0}",
    "assertIs": "assert {0} is {1}",
    "assertIsNone": "assert {0} is None",
    "assertIsNotNone": "assert {0} is not None",
    "assertIn": "assert {0} in {1}",
    "assertNotIn": "assert {0} not in {1}",
    "assertLess": "assert {0} < {1}",
    "assertLessEqual": "assert {0} <= {1}",
    "assertGreater": "assert {0} > {1}",
    "assertGreaterEqual": "assert {0} >= {1}",
    "assertListEqual": "assert {0} == {1}",
    "assertDictEqual": "assert {0} == {1}",
    "assertTupleEqual": "assert {0} == {1}",
    "assertAlmostEqual": "assert round(({0}) - ({1}), 7) == 0",
}
#: what a test with partial credit sets its score with
_SCORE = "set_score"
#: what has names of its own, so that an attribute set there would be another one
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_HIDDEN = ("hidden", "after_due_date", "after_published")


def read(path: Path) -> Draft:
    """Return the draft of an autograder folder, which has `tests/test_*.py`."""
    files = sorted(path.glob("tests/test_*.py")) or sorted(path.glob("test_*.py"))
    if not path.is_dir() or not files:
        raise UsageError(f"{path} has no tests/test_*.py; unpack the autograder's zip first")
    name = slug(path.resolve().name)
    draft = Draft(name=name, title=path.resolve().name, readme=f"# {path.resolve().name}")
    for script in ("setup.sh", "run_autograder", "run_tests.py", "requirements.txt"):
        if (path / script).is_file():
            draft.lose(
                f"{path / script}:1", "not carried over; what it installs or copies is yours"
            )
    _reference(path, draft, files)
    taken: set[str] = set()
    for file in files:
        _File(file, draft, taken).read()
    return draft


def _reference(path: Path, draft: Draft, tests: list[Path]) -> None:
    """Carry the solution over, with every function's body as a block."""
    for folder in _SOLUTIONS:
        root = path / folder
        found = sorted(root.glob("**/*.py"))
        siblings = {each.relative_to(root).parts[0].removesuffix(".py") for each in found}
        names = {each: code.mentioned(_text(each), siblings) for each in [*found, *tests]}
        for file in found:
            module = code.Module(draft, siblings)
            module.add(_text(file), f"{file}:1", is_solution=True)
            elsewhere = set().union(*(names[each] for each in names if each != file))
            draft.reference[file.relative_to(root).as_posix()] = module.text(elsewhere)
        if found:
            return
    draft.lose(f"{path}:1", f"no solution in {', '.join(_SOLUTIONS)}; write the reference yourself")


class _File:
    """One file of tests."""

    def __init__(self, path: Path, draft: Draft, taken: set[str]) -> None:
        self._path = path
        self._draft = draft
        self._taken = taken

    def _at(self, node: ast.stmt | ast.expr) -> str:
        return f"{self._path}:{node.lineno}"

    def read(self) -> None:
        tree = code.parse(_text(self._path), f"{self._path}:1", self._draft)
        if tree is None:
            return
        imports = list(self._imports(tree))
        for statement in tree:
            if isinstance(statement, ast.ClassDef):
                self._class(statement, imports)
            elif not isinstance(statement, (ast.Import, ast.ImportFrom, ast.If, ast.Expr)):
                self._draft.lose(self._at(statement), f"not carried over: {_head(statement)}")

    def _imports(self, tree: list[ast.stmt]) -> Iterator[ast.stmt]:
        for statement in tree:
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                source = ast.unparse(statement)
                if source.endswith("import *"):
                    # which no function may have, and tests are functions
                    self._draft.lose(self._at(statement), f"not carried over: {source}")
                elif "unittest" not in source and "gradescope_utils" not in source:
                    yield statement

    def _class(self, group: ast.ClassDef, imports: list[ast.stmt]) -> None:
        identity = unique(
            slug(group.name.removeprefix("Test") or group.name, "question"), self._taken
        )
        question = Question(id=identity, title=ast.get_docstring(group) or group.name)
        before = _Before(group)
        for member in group.body:
            if isinstance(member, ast.FunctionDef) and member.name.startswith("test"):
                self._test(member, question, imports, before)
            elif member is not before.method and not isinstance(member, ast.Expr):
                self._draft.lose(self._at(member), f"not carried over: {_head(member)}")
        if question.tests:
            self._draft.questions.append(question)

    def _test(
        self,
        method: ast.FunctionDef,
        question: Question,
        imports: list[ast.stmt],
        before: _Before,
    ) -> None:
        weight, hidden = self._marks(method)
        name = method.name if method.name.startswith("test_") else f"test_{method.name[4:]}"
        asked = {each.arg for each in method.args.args[1:]}
        if asked - {_SCORE}:
            others = ", ".join(sorted(asked - {_SCORE}))
            self._draft.lose(self._at(method), f"{name}: test left out: nobody gives it {others}")
            return
        if obstacle := before.obstacle(method):
            self._draft.lose(self._at(method), f"{name}: test left out: {obstacle}")
            return
        tree = before.put(method)
        if _SCORE in asked:
            tree = _all_or_nothing(tree, weight)
        if left := [n for s in tree for n in ast.walk(s) if _is_self(n)]:
            line = getattr(left[0], "lineno", method.lineno)
            place = f"{self._path}:{line}"
            self._draft.lose(place, f"{name}: test left out: `self` means nothing here")
            return
        needed = code.used(tree)
        lines = [ast.unparse(each) for each in imports if code.bound([each]) & needed]
        if any("pytest.raises" in ast.unparse(each) for each in tree):
            lines.insert(0, "import pytest")
        title = name.removeprefix("test_").replace("_", " ").capitalize()
        lines.insert(0, repr(ast.get_docstring(method) or f"{title}."))
        inner = code.function(name, lines, "\n".join(map(ast.unparse, tree)))
        test = Test(name=name, code=inner, points=weight, hidden=hidden)
        question.tests.append(test)

    def _marks(self, method: ast.FunctionDef) -> tuple[float, bool]:
        """Return points and whether a test is hidden; say which decorators mean nothing here."""
        weight, hidden = 0.0, False
        for mark in method.decorator_list:
            known = isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name)
            name = mark.func.id if known else ast.unparse(mark)  # type: ignore[attr-defined]
            value = _literal(mark.args[0]) if known and mark.args else None  # type: ignore[attr-defined]
            if name in ("weight", "partial_credit") and isinstance(value, (int, float)):
                weight = float(value)
                if name == "partial_credit":
                    self._draft.lose(self._at(mark), "partial credit: all of the points or none")
            elif name == "visibility" and (value == "visible" or value in _HIDDEN):
                hidden = value != "visible"
                if hidden and value != "hidden":
                    self._draft.lose(self._at(mark), f"{value} becomes hidden")
            else:
                self._draft.lose(self._at(mark), f"not carried over: @{ast.unparse(mark)}")
        return weight, hidden


class _Before:
    """What `setUp` does before each test: its lines go into the test, with names for attributes."""

    def __init__(self, group: ast.ClassDef) -> None:
        methods = [each for each in group.body if isinstance(each, ast.FunctionDef)]
        self.method = next((each for each in methods if each.name == "setUp"), None)
        body = self.method.body if self.method else []
        self._lines = [each for each in body if not _does_nothing(each)]
        self._attributes = {node.attr for node in _own(self._lines) if _is_stored(node)}
        #: whether it does more than assign attributes, which every test then needs
        self._acts = not all(map(_is_assignment_to_self, self._lines))

    def _needed(self, method: ast.FunctionDef) -> list[ast.stmt]:
        """Return the body of a test without its docstring, after the lines of setUp it needs."""
        body = method.body[1:] if ast.get_docstring(method) else method.body
        read = {node.attr for node in _own(body)}
        return [*(self._lines if self._acts or read & self._attributes else []), *body]

    def obstacle(self, method: ast.FunctionDef) -> str | None:
        """Return why lines of setUp and of a test cannot be put together, if they cannot."""
        if any(isinstance(node, ast.Return) for line in self._lines for node in ast.walk(line)):
            return "its setUp has a `return`, which would end the test"
        nodes = [node for line in self._needed(method) for node in ast.walk(line)]
        inner = [node for node in nodes if isinstance(node, _SCOPES)]
        if stored := [each.attr for each in _own(inner) if _is_stored(each)]:
            return f"an inner function or class sets self.{stored[0]}"
        return None

    def put(self, method: ast.FunctionDef) -> list[ast.stmt]:
        """Return the lines that make a test, with names for attributes."""
        lines = self._needed(method)
        taken = code.used(lines) | code.bound(lines)
        names = {each: f"own_{each}" if each in taken else each for each in self._attributes}
        made = [_Named(names).visit(_Plain().visit(copy.deepcopy(line))) for line in lines]
        return [each for each in made if isinstance(each, ast.stmt)]


class _Named(ast.NodeTransformer):
    """Writes attributes of `self` as names."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if _is_self(node.value) and node.attr in self._names:
            return ast.copy_location(ast.Name(id=self._names[node.attr], ctx=node.ctx), node)
        return self.generic_visit(node)


def _all_or_nothing(tree: list[ast.stmt], points: float) -> list[ast.stmt]:
    """Return a test that sets its score as one that passes when it sets all of its points.

    One that passes and sets none gets all of them, as with gradescope-utils. The lines are a
    function of their own, since a `return` among them must not skip the check.
    """
    scored = ast.parse(f"def scored({_SCORE}): pass").body
    if tree:
        scored[0].body = tree  # type: ignore[attr-defined]
    first = ast.parse("earned = []").body
    check = f"scored(earned.append)\nassert not earned or earned[-1] >= {points:g}"
    return [*first, *scored, *ast.parse(check).body]


class _Plain(ast.NodeTransformer):
    """Writes unittest's assertions as plain ones."""

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        call = node.value
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            return node
        pattern = _ASSERTIONS.get(call.func.attr)
        count = 2 if pattern and "{1}" in pattern else 1
        is_plain = pattern is not None and not call.keywords and len(call.args) >= count
        # a third argument of assertAlmostEqual is a number of places, of the others a message
        if not is_plain or (call.func.attr == "assertAlmostEqual" and len(call.args) > 2):
            return node
        parts = [f"({ast.unparse(each)})" for each in call.args]
        made = ast.parse((pattern or "").format(*parts)).body[0]
        return ast.copy_location(made, node)

    def visit_With(self, node: ast.With) -> ast.AST:
        for item in node.items:
            call = item.context_expr
            is_call = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
            if is_call and call.func.attr == "assertRaises" and item.optional_vars is None:  # type: ignore[attr-defined]
                call.func = ast.parse("pytest.raises", mode="eval").body  # type: ignore[attr-defined]
        return self.generic_visit(node)


def _own(nodes: Iterable[ast.AST]) -> Iterator[ast.Attribute]:
    """Yield the attributes of `self` in some code."""
    for top in nodes:
        for node in ast.walk(top):
            if isinstance(node, ast.Attribute) and _is_self(node.value):
                yield node


def _is_stored(node: ast.Attribute) -> bool:
    return not isinstance(node.ctx, ast.Load)


def _does_nothing(line: ast.stmt) -> bool:
    is_text = isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)
    return is_text or isinstance(line, ast.Pass) or ast.unparse(line) == "super().setUp()"


def _is_assignment_to_self(line: ast.stmt) -> bool:
    if isinstance(line, ast.AnnAssign):
        targets = [line.target]
    else:
        targets = line.targets if isinstance(line, ast.Assign) else []  # type: ignore[assignment]
    return bool(targets) and all(
        isinstance(each, ast.Attribute) and _is_self(each.value) for each in targets
    )


def _is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _head(statement: ast.stmt) -> str:
    return ast.unparse(statement).splitlines()[0]


def _literal(node: ast.expr) -> object:
    try:
        found: object = ast.literal_eval(node)
    except ValueError:
        return None
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}:1: not UTF-8 text: {error}") from error
