"""Writes `.ipynb` files, nbformat 4.5: no outputs, no metadata but tags, always the same bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from grader.notebooks.cells import CODE, Cell

_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
#: characters of an identifier
_ID = 12


def write(cells: Sequence[Cell]) -> bytes:
    """Return the content of an `.ipynb` file."""
    names = identifiers(cells)
    content = {
        "cells": [_cell(cell, name) for cell, name in zip(cells, names, strict=True)],
        "metadata": {"kernelspec": _KERNEL, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def identifiers(cells: Sequence[Cell]) -> list[str]:
    """Return an identifier for each cell: what it had, or one made of what students receive.

    A made one depends on the text of the cell and on how many before it say the same, so it stays
    when cells are added elsewhere.
    """
    taken = {cell.id for cell in cells if cell.id}
    found = []
    for cell in cells:
        name, count = cell.id, 0
        while not name or (not cell.id and name in taken):
            said = f"{cell.kind}\n{count}\n{cell.source}".encode("utf-8", "surrogatepass")
            name, count = hashlib.sha256(said).hexdigest()[:_ID], count + 1
        taken.add(name)
        found.append(name)
    return found


def _cell(cell: Cell, name: str) -> dict[str, Any]:
    source = cell.source.split("\n")
    data: dict[str, Any] = {
        "cell_type": cell.kind,
        "id": name,
        "metadata": {"tags": list(cell.tags)} if cell.tags else {},
        "source": [f"{line}\n" for line in source[:-1]] + source[-1:] * bool(source[-1]),
    }
    if cell.kind == CODE:
        data |= {"execution_count": None, "outputs": []}
    return dict(sorted(data.items()))
