"""Messages about a submitted notebook: lines of the module become lines of cells."""

from __future__ import annotations

import dataclasses
import re

from grader.notebooks.module import Module
from grader.results import TestResult


def in_cells(result: TestResult, path: str, module: Module) -> TestResult:
    """Return a result whose messages speak of cells instead of lines of the module at `path`."""
    return dataclasses.replace(
        result,
        message=translated(result.message, path, module),
        staff_message=translated(result.staff_message, path, module),
    )


def translated(text: str, path: str, module: Module) -> str:
    """Return a text in which places in the module at `path` are places in cells."""
    name = re.escape(path.rsplit("/", 1)[-1])
    file = rf"(?:[\w.-]*/)*{name}"
    # a path is tried from its first character only, so the time grows with the length of the text
    place = re.compile(
        rf'File "{file}", line (?P<a>\d+)'
        rf"|(?<![\w./-]){file}:(?P<b>\d+)"
        rf"|\({file}, line (?P<c>\d+)\)"
    )

    def cell(match: re.Match[str]) -> str:
        where = module.place(int(match["a"] or match["b"] or match["c"]))
        return f"({where})" if match["c"] else f"Notebook, {where}" if match["a"] else where

    return place.sub(cell, text)
