"""Code of cells as a module and as tests: parsed and cut, never run."""

from __future__ import annotations

import ast
import builtins
import re
import sys
import textwrap
from collections.abc import Collection, Iterator

from grader.importing.draft import Draft

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = (*_FUNCTIONS, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)


class Module:
    """The module that students write, collected from cells."""

    def __init__(self, draft: Draft, siblings: Collection[str] = ()) -> None:
        """`siblings` are modules beside this one, which it may import."""
        self._draft = draft
        self._at_hand = {"numpy", *sys.stdlib_module_names, *siblings}
        #: source of each cell, and where it is from
        self._cells: list[tuple[str, str]] = []
        self._tree: list[ast.stmt] = []
        #: names that tests read
        self._tested: set[str] = set()

    def add(self, source: str, place: str, *, is_solution: bool) -> None:
        """Add a cell; lines that a module cannot have are left out and said."""
        source = plain(source, place, self._draft)
        tree = parse(source, place, self._draft)
        if tree is None:
            return
        if is_solution:
            if BEGIN not in source:
                source = self._marked(source, tree, place)
            self._warn_of_bare_blocks(source, place)
        else:
            source, tree = self._without_runs(source, tree, place)
        if source.strip():
            self._cells.append((source.strip("\n"), place))
            self._tree += tree

    def _marked(self, source: str, tree: list[ast.stmt], place: str) -> str:
        """Put markers around the bodies of functions, and around all else that is an answer."""
        lines = source.splitlines()
        for statement in reversed(list(_answers(tree))):
            first, last, indent = _answer(statement, lines)
            lines[first - 1 : last] = [
                indent + BEGIN,
                *lines[first - 1 : last],
                indent + END,
            ]
        self._draft.lose(place, "has no markers; every function's body is taken for the solution")
        return "\n".join(lines)

    def _warn_of_bare_blocks(self, source: str, place: str) -> None:
        if re.search(rf"^{BEGIN}", source, re.MULTILINE):
            self._draft.lose(
                place,
                "a solution outside of any function, which `grader release` refuses: the template "
                "could not be imported before it is answered; make it a function",
            )

    def _without_runs(
        self, source: str, tree: list[ast.stmt], place: str
    ) -> tuple[str, list[ast.stmt]]:
        """Leave out what would run on import: calls, and values that answers are needed for."""
        unwanted = [statement for statement in tree if not self._is_kept(statement)]
        gone = _alone(unwanted, tree)
        for statement in reversed(unwanted):
            text = ast.unparse(statement).splitlines()[0]
            if statement in gone:
                said = "left out, since a module would run it on import"
            else:
                said = "runs on import, and shares a line with what is kept; take it out by hand"
            self._draft.lose(place, f"{said}: {text}")
        return _without(source, gone), [each for each in tree if each not in gone]

    def _is_kept(self, statement: ast.stmt) -> bool:
        if isinstance(statement, (*_DEFINITIONS, *_IMPORTS)):
            return True
        is_value = isinstance(statement, (ast.Assign, ast.AnnAssign))
        return _is_text(statement) or (is_value and not used([statement]) & self.functions)

    @property
    def functions(self) -> set[str]:
        return {each.name for each in self._tree if isinstance(each, _DEFINITIONS)}

    def text(self, elsewhere: Collection[str] = ()) -> str:
        """Return the module, after all tests have been made from it.

        `elsewhere` are names that other files may read of this module.
        """
        # what a star brings is unknown, so it counts as needed
        needed = used(self._tree) | self._tested | {"*", *elsewhere}
        parts = [self._with_imports_at_hand(*cell, needed) for cell in self._cells]
        return "\n\n\n".join(filter(None, parts)) + "\n"

    def _with_imports_at_hand(self, source: str, place: str, needed: set[str]) -> str:
        """Leave out imports that nothing uses of what the grader may not have; name the others."""
        tree = ast.parse(source).body
        foreign: list[ast.stmt] = [
            each
            for each in tree
            if isinstance(each, _IMPORTS) and not imported(each) <= self._at_hand
        ]
        gone = _alone([each for each in foreign if not bound([each]) & needed], tree)
        for statement in reversed(foreign):
            if statement in gone:
                said = "left out, since nothing that is graded uses it"
            else:
                said = "has to be installed where student code runs"
            self._draft.lose(place, f"{said}: {ast.unparse(statement)}")
        return _without(source, gone).strip("\n")

    def imports_for(self, tree: list[ast.stmt], place: str) -> list[str] | None:
        """Return the imports that a test needs; None, and a finding, where a name is unknown."""
        wanted = used(tree) - bound(tree) - set(dir(builtins))
        self._tested |= wanted
        here = bound([each for each in self._tree if not isinstance(each, _IMPORTS)])
        lines = []
        for statement in self._tree:
            names = bound([statement]) & wanted
            if names and isinstance(statement, _IMPORTS):
                lines.append(ast.unparse(statement))
                wanted -= names
        if own := sorted(wanted & here):
            lines.append(f"from {self._draft.name} import {', '.join(own)}")
        if unknown := sorted(wanted - here):
            self._draft.lose(place, f"test left out: nothing defines {', '.join(unknown)}")
            return None
        return list(dict.fromkeys(lines))

    def test(self, name: str, body: str, place: str, summary: str = "") -> str | None:
        """Return a test function with this body; None, and a finding, where it cannot be."""
        body = plain(body, place, self._draft)
        tree = parse(body, place, self._draft)
        if not tree:
            return None
        imports = self.imports_for(tree, place)
        if imports is None:
            return None
        doc = f'"""{summary or name.removeprefix("test_").replace("_", " ").capitalize()}."""'
        return function(name, [doc, *imports], body)


def function(name: str, first: list[str], body: str) -> str:
    """Return a test function; strings of several lines keep their content when it is indented."""
    tree = ast.parse(body).body
    if any(_is_long_string(node) for statement in tree for node in ast.walk(statement)):
        body = "\n".join(map(ast.unparse, tree))
    inner = "\n".join([*first, body.strip("\n")])
    return f"def {name}():\n{textwrap.indent(inner, '    ')}"


def _is_long_string(node: ast.AST) -> bool:
    is_string = isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
    )
    return is_string and getattr(node, "end_lineno", 0) > getattr(node, "lineno", 0)


def _alone(unwanted: list[ast.stmt], tree: list[ast.stmt]) -> list[ast.stmt]:
    """Return those statements that share no line with one that stays."""
    gone, count = unwanted, -1
    while len(gone) != count:
        count = len(gone)
        taken = {line for each in tree if each not in gone for line in _lines(each)}
        gone = [each for each in gone if taken.isdisjoint(_lines(each))]
    return gone


def _lines(statement: ast.stmt) -> range:
    return range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)


def _without(source: str, gone: list[ast.stmt]) -> str:
    numbers = {line for each in gone for line in _lines(each)}
    lines = enumerate(source.splitlines(), 1)
    return "\n".join(line for number, line in lines if number not in numbers)


def _answers(tree: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield what students have to write: of classes the methods, of texts and imports nothing."""
    for statement in tree:
        if isinstance(statement, ast.ClassDef):
            yield from (each for each in statement.body if isinstance(each, _FUNCTIONS))
        elif not isinstance(statement, _IMPORTS) and not _is_text(statement):
            yield statement


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _answer(statement: ast.stmt, lines: list[str]) -> tuple[int, int, str]:
    """Return first line, last line and indentation of what students have to write."""
    last = statement.end_lineno or statement.lineno
    if not isinstance(statement, _FUNCTIONS):
        return statement.lineno, last, ""
    body = statement.body
    has_doc = ast.get_docstring(statement) is not None and len(body) > 1
    first = body[1].lineno if has_doc else body[0].lineno
    line = lines[first - 1]
    return first, last, line[: len(line) - len(line.lstrip())]


def plain(source: str, place: str, draft: Draft) -> str:
    """Return code without magics and shell lines, which are said."""
    kept = []
    for line in source.splitlines():
        if re.match(r"\s*[%!]", line):
            draft.lose(place, f"left out, since it is no Python: {line.strip()}")
        else:
            kept.append(line)
    return "\n".join(kept)


def parse(source: str, place: str, draft: Draft) -> list[ast.stmt] | None:
    """Return the statements of a cell; None, and a finding, where it is no Python."""
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        draft.lose(place, f"left out, since it is not valid Python: {error}")
        return None


def imported(statement: ast.Import | ast.ImportFrom) -> set[str]:
    """Return the packages that an import is from; none for a relative one."""
    if isinstance(statement, ast.Import):
        return {each.name.partition(".")[0] for each in statement.names}
    return {(statement.module or "").partition(".")[0]} if statement.level == 0 else set()


def used(tree: list[ast.stmt]) -> set[str]:
    """Return the names that code reads."""
    return {node.id for node in _names(tree) if isinstance(node.ctx, ast.Load)}


def mentioned(source: str, modules: Collection[str]) -> set[str]:
    """Return the names that a file may read of `modules`: by name, attribute, import or text."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # whoever reads this file says so
        return set()
    found = used(tree.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # as in __all__
            found.add(node.value)
        elif isinstance(node, ast.ImportFrom) and imported(node) <= set(modules):
            found |= {each.name for each in node.names}
    return found


def bound(tree: list[ast.stmt]) -> set[str]:
    """Return the names that code binds, in any scope of it."""
    found = {node.id for node in _names(tree) if isinstance(node.ctx, ast.Store)}
    for statement in tree:
        for node in ast.walk(statement):
            if isinstance(node, _DEFINITIONS):
                found.add(node.name)
            elif isinstance(node, _IMPORTS):
                found |= {(a.asname or a.name).partition(".")[0] for a in node.names}
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.ExceptHandler) and node.name:
                found.add(node.name)
    return found


def _names(tree: list[ast.stmt]) -> Iterator[ast.Name]:
    for statement in tree:
        yield from (node for node in ast.walk(statement) if isinstance(node, ast.Name))
