"""Notebooks as Python files that review well: jupytext's percent format, strictly.

A cell begins with `# %%`, `# %% [markdown]` or `# %% [raw]`, and may have tags:
`# %% tags=["solution"]`. The text of the latter two kinds stands in comments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from grader.notebooks.cells import CODE, MARKDOWN, RAW, Cell, NotebookError

_BEGIN = re.compile(
    r'# %%(?: \[(?P<kind>markdown|raw)\])?(?: tags=(?P<tags>\[("[\w-]+"(, )?)+\]))?'
)
#: meant as the begin of a cell
_MENTION = re.compile(r"\s*#+\s*%\s*%")


def read(text: str, shown: str, numbers: Sequence[int] = ()) -> tuple[Cell, ...]:
    """Return the cells of a text, whose lines are those of the file at `numbers`, if given.

    Raises NotebookError at a line that is not as it should be.
    """
    cells: list[Cell] = []
    lines = text.split("\n")
    starts = [i for i, line in enumerate(lines) if _is_begin(line, shown, _number(numbers, i))]
    first = starts[0] if starts else len(lines)
    if any(line.strip() for line in lines[:first]):
        raise NotebookError(f"{shown}:1: text before the first cell; begin it with `# %%`")
    ends = [*starts[1:], len(lines)]
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1):
        match = _BEGIN.fullmatch(lines[start])
        assert match is not None
        inside = _trimmed(lines, start + 1, end)
        kind = match["kind"] or CODE
        body = [lines[i] for i in inside]
        if kind != CODE:
            body = list(_uncommented(body, shown, number, _number(numbers, start + 1)))
        cells.append(
            Cell(
                number=number,
                kind=kind,
                source="\n".join(body),
                tags=tuple(json.loads(match["tags"] or "[]")),
                line=_number(numbers, start + 1),
            )
        )
    return tuple(cells)


def _number(numbers: Sequence[int], index: int) -> int:
    return numbers[min(index, len(numbers) - 1)] if numbers else index + 1


def _is_begin(line: str, shown: str, number: int) -> bool:
    if _BEGIN.fullmatch(line):
        return True
    if _MENTION.match(line):
        raise NotebookError(
            f"{shown}:{number}: `{line.strip()}` looks like the begin of a cell and is none; write "
            '`# %%`, `# %% [markdown]` or `# %% tags=["solution"]`'
        )
    return False


def _trimmed(lines: Sequence[str], first: int, end: int) -> range:
    """Return the lines from `first` to `end` without blank ones after the last."""
    while end > first and not lines[end - 1].strip():
        end -= 1
    return range(first, end)


def _uncommented(lines: Sequence[str], shown: str, cell: int, first: int) -> Iterator[str]:
    for offset, line in enumerate(lines):
        if line != "#" and not line.startswith("# "):
            raise NotebookError(
                f"{shown}:{first + offset}: cell {cell} is text, so each of its lines begins "
                "with `# `"
            )
        yield line[2:]


def write(cells: Sequence[Cell]) -> str:
    """Return cells as a percent file."""
    return "\n".join(_written(cell) for cell in cells)


def _written(cell: Cell) -> str:
    kind = f" [{cell.kind}]" if cell.kind in (MARKDOWN, RAW) else ""
    tags = f" tags={json.dumps(list(cell.tags))}" if cell.tags else ""
    lines = cell.source.split("\n")
    if cell.kind != CODE:
        lines = [f"# {line}" if line else "#" for line in lines]
    return "\n".join([f"# %%{kind}{tags}", *lines, ""])
