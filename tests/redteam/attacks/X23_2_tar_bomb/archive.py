"""Builds the archive; `files` is a correct solution."""

import gzip
import io
import tarfile


def build(folder, files):
    path = folder / "submission.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=9) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        entry = tarfile.TarInfo("python/needle/zeros.py")
        entry.size = 300 << 20
        archive.addfile(entry, io.BytesIO(bytes(300 << 20)))
    return path
