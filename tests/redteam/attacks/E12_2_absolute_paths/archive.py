"""Builds the archive; `files` is a correct solution."""

import io
import tarfile


def build(folder, files):
    path = folder / "submission.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        entry = tarfile.TarInfo("/tmp/escaped.py")
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"x = 1"))
    return path
