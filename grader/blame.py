"""Which solution blocks probably make tests fail: a guess that saves an author the search."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator

from grader.manifest import Assignment, TestSpec
from grader.release import Finding, Release
from grader.results import Report, Status, TestResult
from grader.strip import Block

#: how many blocks are named
_SUSPECTS = 3
_FRAME = re.compile(r'File "/submission/(?P<path>[^"\n]+)", line (?P<line>\d+)')


def suspects(assignment: Assignment, made: Release, report: Report) -> Iterator[Finding]:
    """Yield the places in the reference where the failed tests of a report point.

    First the deepest line of a solution block in each traceback; then the functions and classes
    that failing tests mention and passing tests do not, most suspicious first.
    """
    yield from dict.fromkeys(_raised(assignment, made, report))
    yield from _mentioned(assignment, made, report)


def _raised(assignment: Assignment, made: Release, report: Report) -> Iterator[Finding]:
    for result in report.tests:
        frames = [(f["path"], int(f["line"])) for f in _FRAME.finditer(result.staff_message)]
        if is_lost(result) and frames:
            inside = [frame for frame in frames if _is_in_block(made, *frame)]
            path, line = (inside or frames)[-1]
            yield Finding(
                path=assignment.shown(assignment.reference_dir / path),
                line=line,
                sentence="an exception of a failed test came from here",
            )


def _is_in_block(made: Release, path: str, line: int) -> bool:
    return any(
        block.path == path and block.first_line < line < block.last_line for block in made.blocks
    )


def is_lost(result: TestResult) -> bool:
    """Tell whether a test did not pass; one that is worth nothing may be skipped."""
    worthless = result.status is Status.SKIPPED and not result.max_score
    return result.status is not Status.PASSED and not worthless


def _mentioned(assignment: Assignment, made: Release, report: Report) -> Iterator[Finding]:
    """Yield the blocks that failing tests speak of, by Ochiai's measure of fault localization."""
    specs = {spec.id: spec for spec in assignment.tests}
    said = {id_: _names(assignment, spec) for id_, spec in specs.items()}
    failed = {result.id for result in report.tests if is_lost(result) and result.id in specs}
    ranking = []
    for block in {_outer(block): block for block in reversed(made.blocks)}.values():
        names = _aliases(assignment, block)
        by = {id_ for id_, words in said.items() if words & names}
        if failed & by:
            score = len(failed & by) / math.sqrt(len(failed) * len(by))
            ranking.append((-score, block.path, block.first_line, len(failed & by), len(by), block))
    for _, _, _, failing, all_, block in sorted(ranking)[:_SUSPECTS]:
        path = assignment.shown(assignment.reference_dir / block.path)
        sentence = f"look at {_outer(block)}: {failing} of the {all_} tests that mention it fail"
        yield Finding(path=path, line=block.first_line, sentence=sentence)


def _names(assignment: Assignment, spec: TestSpec) -> set[str]:
    """Return the names that a test function mentions."""
    tree = ast.parse((assignment.root / spec.path).read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.lineno == spec.line:
            return set(_mentions(node))
    return set()


def _mentions(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield _plain(part.id)
        elif isinstance(part, ast.Attribute):
            yield _plain(part.attr)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield from map(_plain, re.findall(r"\w+", part.value))


def _aliases(assignment: Assignment, block: Block) -> set[str]:
    """Return what tests may call the code around a block.

    A method goes by the name of its class, and a class by the functions that make one of it.
    """
    name = _outer(block)
    found = {_plain(name)}
    if block.path.endswith(".py"):
        tree = ast.parse((assignment.reference_dir / block.path).read_bytes())
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and _plain(name) in _called(node):
                found.add(_plain(node.name))
    return found - {""}


def _outer(block: Block) -> str:
    """Return the name of the class or function that a block is in."""
    return re.split(r"\.|::", block.name)[0]


def _called(function: ast.FunctionDef) -> set[str]:
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return {_plain(call.id) for call in calls if isinstance(call, ast.Name)}


def _plain(name: str) -> str:
    """Return a name as it compares: `power_scalar` is `PowerScalar`."""
    return name.lower().replace("_", "")
