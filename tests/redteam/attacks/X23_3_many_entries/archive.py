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
        for number in range(100_000):
            archive.addfile(tarfile.TarInfo(f"python/needle/n{number}.py"))
    return path
