"""A submitted notebook as a Python module: its code cells one after the other.

IPython's own syntax is no Python. What only changes how things look is left out, the rest is
refused. Found by reading, not by parsing: hostile source can take down a parser.
"""

from __future__ import annotations
import __future__

import bisect
import dataclasses
import re
from collections.abc import Iterator

from grader.notebooks import course
from grader.notebooks.cells import Cell, Notebook, NotebookError

#: magics that change nothing of what a module computes
HARMLESS = {"matplotlib", "load_ext", "autoreload", "config"}
#: refusals in one message
_REFUSALS = 6
_SHOWN = 60
#: what moves the scanner on: strings, comments, brackets, ends of lines. Nothing is read twice:
#: a string that is not closed ends with the text
_LEXEME = re.compile(
    r'"""[^\\"]*(?:(?:\\.|"(?!""))[^\\"]*)*(?:"""|\\?\Z)'
    r"|\'\'\'[^\\\']*(?:(?:\\.|\'(?!\'\'))[^\\\']*)*(?:\'\'\'|\\?\Z)"
    r'|"[^\\"\n]*(?:\\.[^\\"\n]*)*"?'
    r"|'[^\\'\n]*(?:\\.[^\\'\n]*)*'?"
    r"|#[^\n]*|\\\n|[\[({]|[\])}]|\n|[^\"'#\\\[\](){}\n]+|\\",
    re.DOTALL,
)
_ESCAPE = re.compile(
    r"[ \t]*(?P<sign>%%|%|!!|!|\?\??|,|;)(?P<name>[^\s(]*)|[ \t]*[\w.]+\?\??[ \t]*$"
)
#: what Python takes at the beginning of a file only, and Jupyter in any cell
_FUTURE = re.compile(r"from[ \t]+__future__[ \t]+import[ \t]+(?P<names>\w[\w, \t]*)(?:#.*)?")
_ASSIGNED = re.compile(r"[\w., \t\[\]]+=[ \t]*(?P<sign>%|!)(?P<name>\w*)")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Module:
    """Source of a module, and which cell each line is from."""

    source: str
    #: first line of each cell, and its number
    starts: tuple[tuple[int, int], ...]

    def place(self, line: int) -> str:
        """Return what a line of the module is called: `cell 7, line 3`."""
        position = bisect.bisect_right(self.starts, (line, 1 << 30)) - 1
        if position < 0:
            return f"line {line}"
        first, cell = self.starts[position]
        return f"cell {cell}, line {line - first + 1}"


def module(notebook: Notebook, shown: str) -> Module:
    """Return the code cells as a module; raise NotebookError for what is no Python."""
    lines = ["# made from a notebook", "", "display = print", "from IPython import get_ipython"]
    features: set[str] = set()
    starts: list[tuple[int, int]] = []
    refused: list[str] = []
    for cell in filter(course.is_code, notebook.cells):
        _check_characters(cell, shown)
        starts.append((len(lines) + 1, cell.number))
        kept, wrong = _python(cell, features)
        refused += wrong
        lines += [*kept, ""]
    if refused:
        more = f" and {len(refused) - _REFUSALS} more" if len(refused) > _REFUSALS else ""
        raise NotebookError(
            f"{shown}: {'; '.join(refused[:_REFUSALS])}{more}. The notebook is graded as Python: "
            "remove these lines, or tag their cells not-graded"
        )
    if features:
        lines[1] = f"from __future__ import {', '.join(sorted(features))}"
    return Module(source="\n".join(lines), starts=tuple(starts))


def _check_characters(cell: Cell, shown: str) -> None:
    for number, line in enumerate(cell.source.split("\n"), start=1):
        if "\0" in line or any("\ud800" <= character <= "\udfff" for character in line):
            raise NotebookError(
                f"{shown}: cell {cell.number}, line {number}: a character that no text file can "
                "hold (half of a surrogate pair, or NUL); delete it"
            )


def _python(cell: Cell, features: set[str]) -> tuple[list[str], list[str]]:
    """Return the lines of a cell that are Python, and what is said of the others.

    What the cell imports from `__future__` is added to `features`.
    """
    text = re.sub(r"\r\n?|\f", "\n", cell.source)
    lines = text.split("\n")
    refused: list[str] = []
    for number in _statements(text):
        line = lines[number - 1]
        if names := _features(line):
            features |= names
            lines[number - 1] = "pass"
            continue
        found = _ASSIGNED.match(line) if "=" in line else None
        found = found or _ESCAPE.match(line)
        if found is None:
            continue
        sign, name = found["sign"] or "?", found["name"] or ""
        if sign == "%" and name in HARMLESS and found.re is _ESCAPE:
            indent = line[: len(line) - len(line.lstrip())]
            lines[number - 1] = f"{indent}pass"
            continue
        refused.append(f"cell {cell.number}, line {number}: {_named(sign, name, line)}")
        if sign == "%%":
            break  # the rest of the cell is not Python
    return lines, refused


def _features(line: str) -> set[str]:
    """Return what a line imports from `__future__`; nothing when Python would refuse it."""
    match = _FUTURE.fullmatch(line)
    names = {name.strip() for name in match["names"].split(",")} if match else set()
    return names if names <= set(__future__.all_feature_names) else set()


def _named(sign: str, name: str, line: str) -> str:
    shown = line.strip()[:_SHOWN]
    if "!" in sign:
        return f"the shell escape `{shown}`"
    if "%" in sign:
        return f"the magic {sign}{name[:_SHOWN]}"
    return f"`{shown}`, which only IPython understands"


def _statements(text: str) -> Iterator[int]:
    """Yield the lines on which a statement may begin: outside strings and brackets."""
    line, depth, position = 1, 0, 0
    is_start = True
    while position < len(text):
        if is_start:
            yield line
            is_start = False
            end = text.find("\n", position)
            end = len(text) if end < 0 else end
            if _is_escape(text[position:end]):
                position, line, is_start = end + 1, line + 1, True
                continue
        match = _LEXEME.match(text, position)
        if match is None:
            return
        lexeme = match[0]
        position, line = match.end(), line + lexeme.count("\n")
        if lexeme in "[({":
            depth += 1
        elif lexeme in "])}":
            depth = max(depth - 1, 0)
        elif lexeme == "\n":
            is_start = depth == 0


def _is_escape(line: str) -> bool:
    """Tell whether a line is IPython's own, so that quotes and brackets on it mean nothing."""
    return bool(_ESCAPE.match(line) or ("=" in line and _ASSIGNED.match(line)))
