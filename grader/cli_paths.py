"""Paths on the command line that something is written to: refused before any work is done."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click


class Target(click.Path):
    """A file or folder that is there or can be made."""

    def __init__(self, *, file_okay: bool = True, dir_okay: bool = True) -> None:
        super().__init__(file_okay=file_okay, dir_okay=dir_okay, path_type=Path)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        if "\0" in os.fspath(value):
            self.fail(f"{value!r} has a NUL in it; no path has", param, ctx)
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        try:
            there = next(each for each in (path, *path.absolute().parents) if each.exists())
        except OSError as error:
            self.fail(f"{value}: {error.strerror}; give another path", param, ctx)
        if there != path and not there.is_dir():
            self.fail(
                f"{value}: {there} is a file, so nothing can be made below it; give another path",
                param,
                ctx,
            )
        if not os.access(there, os.W_OK):
            self.fail(f"{value}: you may not write to {there}; give another path", param, ctx)
        return path
