"""Cells of a notebook with the lines of the file that they begin on."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.errors import UsageError

_SPACE = re.compile(r"[ \t\r\n]*")
#: bytes of a notebook that an author wrote; outputs are most of it
_LARGEST = 64 << 20
#: characters of an error that are told
_SAID = 200


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell."""

    kind: str
    source: str
    metadata: dict[str, Any]
    outputs: list[Any]
    #: `path:line: cell N`
    place: str


def read(path: Path) -> list[Cell]:
    """Return the cells of a notebook; UsageError for what is none, or older than nbformat 4."""
    if path.stat().st_size > _LARGEST:
        raise UsageError(f"{path}: larger than {_LARGEST >> 20} MiB; clear its outputs")
    try:
        text = path.read_text(encoding="utf-8")
        values = dict(_members(text, "{"))
        version = values["nbformat"][1]
        if version != 4:
            raise UsageError(f"{path}:1: nbformat {version}; open and save it in Jupyter first")
        begin = values["cells"][0]
        found = [(at, cell) for _, (at, cell) in _members(text[begin:], "[")]
        return [
            _cell(cell, f"{path}:{text.count(chr(10), 0, begin + at) + 1}: cell {number}")
            for number, (at, cell) in enumerate(found, start=1)
        ]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        said = str(error) if isinstance(error, ValueError) else repr(error)
        raise UsageError(f"{path}:1: not a notebook: {said[:_SAID]}") from error


def _members(text: str, opening: str) -> Iterator[tuple[Any, tuple[int, Any]]]:
    """Yield key, position and value of what an object or list at the beginning of `text` holds."""
    decoder = json.JSONDecoder()
    at = _skip(text, 0)
    if text[at] != opening:
        raise ValueError(f"no {opening} at its beginning")
    at, number = _skip(text, at + 1), 0
    while text[at] not in "]}":
        key: Any = number
        if opening == "{":
            key, at = decoder.raw_decode(text, at)
            at = _skip(text, at)
            if text[at] != ":":
                raise ValueError(f"no : after the key {key!r}")
            at = _skip(text, at + 1)
        value, end = decoder.raw_decode(text, at)
        yield key, (at, value)
        at, number = _skip(text, end), number + 1
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _cell(cell: dict[str, Any], place: str) -> Cell:
    source = cell["source"]
    return Cell(
        kind=str(cell["cell_type"]),
        source="".join(source) if isinstance(source, list) else str(source),
        metadata=dict(cell.get("metadata", {})),
        outputs=list(cell.get("outputs", [])),
        place=place,
    )
