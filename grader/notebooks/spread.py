"""A notebook's JSON line by line, to look for what it must not say: all of it, not only sources."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
#: how the source of a cell begins and ends in `lines`
_SOURCE, _END = '   "source": [', "   ]"
_CODE = re.compile(r'   "cell_type": "code",?')


def lines(text: str) -> list[str]:
    """Return the file as `grader release` writes one: a line for each line of a cell.

    What `grader release` wrote is returned as it is. What is no JSON is split into its lines.
    """
    try:
        data = json.loads(text)
        _split(data)
        return json.dumps(data, indent=1, ensure_ascii=False).split("\n")
    except (ValueError, RecursionError):
        return text.split("\n")


def strings(line: str) -> Iterator[str]:
    """Yield the strings on a line of JSON, decoded."""
    for match in _STRING.finditer(line):
        try:
            yield json.loads(match[0], strict=False)
        except ValueError:
            yield match[0]


def code(text: str) -> Iterator[tuple[int, str]]:
    """Yield the source of each code cell, and the number in `lines` of its first line."""
    is_code, first = False, 0
    source: list[str] = []
    for number, line in enumerate(lines(text), start=1):
        if line == "  {":
            is_code = False
        elif _CODE.fullmatch(line):
            is_code = True
        elif line == _SOURCE:
            first, source = number + 1, []
        elif first and line.startswith(_END):
            if is_code:
                yield first, "".join(source)
            first = 0
        elif first:
            source += strings(line)


def _split(data: Any) -> None:
    """Cut the sources of cells, and move the kind of each before it."""
    cells = data.get("cells") if isinstance(data, dict) else None
    for cell in cells if isinstance(cells, list) else ():
        if isinstance(cell, dict):
            source = cell.get("source")
            text = "".join(map(str, source)) if isinstance(source, list) else source
            if isinstance(text, str):
                cell["source"] = re.findall(r"[^\n]*\n|[^\n]+", text)
            kind = cell.pop("cell_type", None)
            rest = dict(cell)
            cell.clear()
            cell.update({"cell_type": kind, **rest})
