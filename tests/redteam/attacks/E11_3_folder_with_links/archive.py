"""Builds the archive; `files` is a correct solution."""

import os


def build(folder, files):
    path = folder / "submission"
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    os.symlink("/etc/passwd", path / "python/needle/extra.py")
    os.symlink("..", path / "python/loop")
    return path
