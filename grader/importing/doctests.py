"""Otter's tests in OK format: doctests in a Python dict, read and never run."""

from __future__ import annotations

import ast
import doctest
from pathlib import Path
from typing import Any

from grader.errors import UsageError
from grader.importing.draft import Draft


def asserted(source: str, want: str, place: str, draft: Draft) -> str | None:
    """Return a statement that holds when `source` shows `want`; None, and a finding, if none can.

    Only values that are written the way they are shown can be compared without running anything.
    """
    source, want = source.rstrip(), want.strip()
    if not want:
        return source
    try:
        ast.parse(source, mode="eval")
        value = ast.literal_eval(want)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        draft.lose(place, f"test left out: `{want.splitlines()[0]}` is no value to compare with")
        return None
    if value is True:
        return f"assert {source}"
    if value is False or value is None:
        return f"assert ({source}) is {value}"
    return f"assert ({source}) == {want}"


def statements(text: str, place: str, draft: Draft) -> str | None:
    """Return the code of a doctest with its expectations as assertions."""
    try:
        examples = doctest.DocTestParser().get_examples(text)
    except ValueError as error:
        draft.lose(place, f"test left out: not a doctest: {error}")
        return None
    lines = [asserted(each.source, each.want, place, draft) for each in examples]
    return None if None in lines else "\n".join(filter(None, lines))


def load(path: Path) -> tuple[dict[str, Any], int]:
    """Return the dict that an OK test file assigns to `test`, and its line."""
    try:
        tree = ast.parse(path.read_bytes())
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "test":
                found = ast.literal_eval(node.value)
                if isinstance(found, dict):
                    return found, node.lineno
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"{path}:1: not a test of otter in OK format: {error}") from error
    raise UsageError(f"{path}:1: no `test = {{...}}` in it, so no test of otter in OK format")
