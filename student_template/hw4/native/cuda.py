"""CUDA sources for a C++ compiler: rewritten copies, beside which their own names stay."""

from __future__ import annotations

from pathlib import Path

from .launches import rewrite
from .toolchain import EMULATION

__all__ = ["EMULATION", "stage"]


def stage(files: dict[Path, bytes], main: Path, root: Path, folder: Path) -> Path:
    """Write rewritten copies of a source and its headers; return the copy of the source.

    Copies lie to each other as the files do, and name the files in the compiler's messages.
    """
    for path, content in files.items():
        copy = folder / "staged" / path.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = content.decode("utf-8", "surrogateescape")
        name = str(path.relative_to(root)).replace("\\", "\\\\").replace('"', '\\"')
        copy.write_bytes(f'#line 1 "{name}"\n{rewrite(text)}'.encode("utf-8", "surrogateescape"))
    copy = folder / "staged" / main.relative_to(root)
    renamed = copy.with_name(copy.name + ".cc")  # else the compiler takes it for CUDA
    return copy.rename(renamed)
