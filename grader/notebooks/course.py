"""The notebook of an assignment: from the text that its author writes to what students receive."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePosixPath

from grader import strip
from grader.errors import MarkerError
from grader.notebooks import percent, reading, writing
from grader.notebooks.cells import CODE, Cell, NotebookError
from grader.strip import Block

#: the tag of a cell that students do not receive
SOLUTION = "solution"
#: the tag of a cell that is no part of the module when a notebook is handed in
NOT_GRADED = "not-graded"
_TAGS = (SOLUTION, NOT_GRADED)
SUFFIX = ".ipynb"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Released:
    """A notebook as students receive it."""

    content: bytes
    blocks: tuple[Block, ...]
    #: the lines of the text that each line of the file was
    origins: tuple[int, ...]


def text(path: str, content: bytes, shown: str) -> bytes:
    """Return a notebook as percent text; one that is an `.ipynb` file is turned into it."""
    if PurePosixPath(path).suffix != SUFFIX:
        return content
    notebook = reading.read(content, shown)
    reading.require_ids(notebook, shown)
    return percent.write(notebook.cells).encode("utf-8", "surrogatepass")


def release(
    path: str,
    content: bytes,
    *,
    shown: str,
    kept_parts: Collection[str] = (),
    known_parts: Collection[str] | None = None,
) -> Released:
    """Return the notebook without solutions: cells with the tag, and what is between markers.

    Raises MarkerError or NotebookError, naming line and cell.
    """
    source = text(path, content, shown)
    written = percent.read(source.decode("utf-8", "surrogatepass"), shown)
    ids = _ids(path, content, shown)
    for cell in written:
        _check_tags(cell, shown)
    try:
        stripped = strip.strip(
            f"{path}.py", source, shown=shown, kept_parts=kept_parts, known_parts=known_parts
        )
    except MarkerError as error:
        raise _in_cell(error, written, ids, shown) from error
    cells = percent.read(stripped.content.decode("utf-8"), shown, stripped.origins)
    blocks = [dataclasses.replace(block, path=path) for block in stripped.blocks]
    blocks += _solutions(path, source.decode("utf-8"), written)
    kept = [
        dataclasses.replace(cell, id=ids[cell.number - 1] if ids else "")
        for cell in cells
        if SOLUTION not in cell.tags
    ]
    made = writing.write(kept)
    return Released(content=made, blocks=tuple(blocks), origins=tuple(_origins(made, kept)))


def whole(path: str, content: bytes, shown: str) -> bytes:
    """Return the author's own notebook, solutions included."""
    source = text(path, content, shown)
    return writing.write(percent.read(source.decode("utf-8"), shown))


def _ids(path: str, content: bytes, shown: str) -> list[str]:
    if PurePosixPath(path).suffix != SUFFIX:
        return []
    return [cell.id for cell in reading.read(content, shown).cells]


def _check_tags(cell: Cell, shown: str) -> None:
    for tag in cell.tags:
        if tag not in _TAGS:
            known = ", ".join(_TAGS)
            raise NotebookError(
                f"{shown}:{cell.line - 1}: {cell.label} has the tag {tag!r}; there are: {known}"
            )


def _in_cell(
    error: MarkerError, cells: Sequence[Cell], ids: Sequence[str], shown: str
) -> MarkerError:
    """Return the error with the cell that it is in; of an `.ipynb` file, with the cell's line."""
    around = [cell for cell in cells if cell.line <= error.line + 1]
    if not around:
        return error
    cell = around[-1]
    said = str(error).removeprefix(f"{shown}:{error.line}: ")
    if not ids:
        return MarkerError(shown, error.line, f"{cell.label}: {said}")
    named = dataclasses.replace(cell, id=ids[cell.number - 1])
    return MarkerError(
        f"{shown}: {named.label}, line {error.line - cell.line + 1}", error.line, said
    )


def _solutions(path: str, source: str, cells: Sequence[Cell]) -> Iterator[Block]:
    """Yield the cells that students do not receive, as blocks that leave nothing."""
    lines = source.split("\n")
    for cell in cells:
        if SOLUTION in cell.tags:
            last = cell.line + len(cell.source.split("\n"))
            yield Block(
                path=path,
                first_line=cell.line - 1,
                last_line=last,
                name=cell.label,
                removed=tuple(lines[cell.line - 1 : last - 1]),
                stub=(),
            )


#: how a list of lines begins in what `writing` writes
_SOURCE = re.compile(r'   "source": \[(\])?,?')


def _origins(made: bytes, cells: Sequence[Cell]) -> Iterator[int]:
    """Yield for each line of the file the line that an author edits to change it."""
    rest = iter(cells)
    cell, inside, offset = None, False, 0
    for line in made.decode("utf-8", "surrogatepass").split("\n"):
        if begin := _SOURCE.fullmatch(line):
            cell, inside, offset = next(rest), begin[1] is None, 0
        elif inside and line.startswith("   ]"):
            inside = False
        at = cell.line if cell is not None else 1
        yield at + offset if inside else at
        if inside and not _SOURCE.fullmatch(line):
            offset += 1


def is_code(cell: Cell) -> bool:
    """Tell whether a cell is part of the module that a submitted notebook becomes."""
    return cell.kind == CODE and NOT_GRADED not in cell.tags
