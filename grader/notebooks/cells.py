"""A notebook as the grader sees it: cells of text, and where each came from."""

from __future__ import annotations

import dataclasses

from grader.errors import UsageError

CODE, MARKDOWN, RAW = "code", "markdown", "raw"
KINDS = (CODE, MARKDOWN, RAW)


class NotebookError(UsageError):
    """A notebook cannot be read, or must not be released: names the cell and the rule."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell, without outputs."""

    #: position in the notebook, from 1
    number: int
    kind: str
    source: str
    #: what the notebook calls it; empty in older formats
    id: str = ""
    tags: tuple[str, ...] = ()
    #: line of the file that the first line of the source is on; 0 when it is not known
    line: int = 0

    @property
    def label(self) -> str:
        """Return what messages call it."""
        return f"cell {self.number} ({self.id})" if self.id else f"cell {self.number}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Notebook:
    """A notebook that was read."""

    cells: tuple[Cell, ...]
    #: nbformat and its minor version
    version: tuple[int, int]
