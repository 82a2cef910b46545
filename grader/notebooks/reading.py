"""Reads `.ipynb` files, nbformat 3 and 4: strict JSON, limited in size, nothing of it run.

Only the source of cells is looked at. Outputs, state of widgets, attachments and metadata may hold
whatever they like: they are not kept.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from grader.notebooks.cells import CODE, KINDS, MARKDOWN, Cell, Notebook, NotebookError

#: bytes of a file, its outputs included; characters of all sources together; cells
MAX_BYTES, MAX_SOURCE, MAX_CELLS = 40 << 20, 4 << 20, 5000
#: brackets that may open lists and objects, of which each takes 50 times its length in memory
MAX_BRACKETS = 2_000_000
#: nbformat: the identifier of a cell
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
#: the first version in which cells have identifiers
WITH_IDS = (4, 5)
_LONGEST_TAG = 64


def read(content: bytes, shown: str) -> Notebook:
    """Return the cells of an `.ipynb` file, which messages call `shown`.

    Raises NotebookError for what is no notebook, naming the cell when one is to blame.
    """
    data = _object(_json(content, shown), shown, "a notebook")
    version = _version(data, shown)
    found = _version_3(data, shown) if version[0] == 3 else _list(data, "cells", shown)
    if len(found) > MAX_CELLS:
        raise NotebookError(f"{shown}: {len(found)} cells are more than {MAX_CELLS}")
    cells = tuple(_cell(shown, number, each, version) for number, each in enumerate(found, start=1))
    size = sum(len(cell.source) for cell in cells)
    if size > MAX_SOURCE:
        raise NotebookError(f"{shown}: {size} characters in cells are more than {MAX_SOURCE}")
    return Notebook(cells=cells, version=version)


def require_ids(notebook: Notebook, shown: str) -> None:
    """Raise unless every cell has an identifier of its own, so that cells can be told apart."""
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        if not cell.id:
            raise NotebookError(
                f"{shown}: cell {cell.number} has no stable id; save the notebook as nbformat 4.5, "
                "in which every cell has one"
            )
        if cell.id in seen:
            raise NotebookError(
                f"{shown}: cell {cell.number} has the id {cell.id!r} of cell {seen[cell.id]}; "
                "ids are unique"
            )
        seen[cell.id] = cell.number


def text_of(value: Any) -> str | None:
    """Return a multi-line string of nbformat, which may be cut into a list; None: it is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "".join(value)
    return None


def _json(content: bytes, shown: str) -> Any:
    if len(content) > MAX_BYTES:
        raise NotebookError(
            f"{shown}: {len(content) >> 20} MiB are more than the {MAX_BYTES >> 20} MiB that a "
            "notebook may have; clear its outputs"
        )
    brackets = content.count(b"[") + content.count(b"{")
    if brackets > MAX_BRACKETS:
        raise NotebookError(
            f"{shown}: {brackets} opening brackets are more than the {MAX_BRACKETS} that a "
            "notebook may have; clear its outputs"
        )
    try:
        text = content.decode("utf-8-sig")
        # Jupyter writes NaN into outputs, which are not kept
        return json.loads(text, object_pairs_hook=_unique, parse_constant=str)
    except RecursionError:
        raise NotebookError(f"{shown}: nested too deeply to be a notebook") from None
    except ValueError as error:
        raise NotebookError(f"{shown}: not a notebook, since it is not JSON: {error}") from None


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = Counter(name for name, _ in pairs)
        twice = next(name for name, count in names.items() if count > 1)
        raise ValueError(f"the key {twice[:40]!a} occurs twice in one object")
    return found


def _object(value: Any, shown: str, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NotebookError(f"{shown}: {what} is a JSON object, not {type(value).__name__}")
    return value


def _list(data: dict[str, Any], key: str, shown: str) -> list[Any]:
    value = data.get(key)
    if not isinstance(value, list):
        raise NotebookError(f"{shown}: not a notebook: it has no list of {key}")
    return value


def _version(data: dict[str, Any], shown: str) -> tuple[int, int]:
    major, minor = data.get("nbformat"), data.get("nbformat_minor", 0)
    if type(major) is not int or type(minor) is not int:
        raise NotebookError(f"{shown}: not a notebook: it does not say its nbformat in numbers")
    if major not in (3, 4):
        raise NotebookError(f"{shown}: nbformat {major}.{minor} is not read, only 3 and 4")
    return major, minor


def _version_3(data: dict[str, Any], shown: str) -> list[Any]:
    """Return the cells of nbformat 3: of worksheets, with code and headings under other names."""
    found: list[Any] = []
    for sheet in _list(data, "worksheets", shown):
        found += _list(_object(sheet, shown, "a worksheet"), "cells", shown)
    return [_of_version_3(cell) if isinstance(cell, dict) else cell for cell in found]


def _of_version_3(cell: dict[str, Any]) -> dict[str, Any]:
    kind = cell.get("cell_type")
    if kind == CODE:
        return {**cell, "source": cell.get("input", "")}
    if kind in ("heading", "html"):
        return {**cell, "cell_type": MARKDOWN}
    return cell


def _cell(shown: str, number: int, value: Any, version: tuple[int, int]) -> Cell:
    where = f"{shown}: cell {number}"
    data = _object(value, where, "a cell")
    kind, source = data.get("cell_type"), text_of(data.get("source"))
    if kind not in KINDS:
        kinds = ", ".join(KINDS)
        raise NotebookError(f"{where} is a {ascii(kind)[:40]} cell; there are: {kinds}")
    if source is None:
        raise NotebookError(f"{where} has no text as its source")
    name = data.get("id", "") if version >= WITH_IDS else ""
    if name != "" and not (isinstance(name, str) and ID.fullmatch(name)):
        raise NotebookError(
            f"{where} has the id {ascii(name)[:80]}; an id is 1 to 64 letters, digits, - and _"
        )
    return Cell(
        number=number, kind=kind, source=source, id=name, tags=tuple(_tags(data.get("metadata")))
    )


def _tags(metadata: Any) -> Iterator[str]:
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, str) and len(tag) <= _LONGEST_TAG:
            yield tag
