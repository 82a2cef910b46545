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
        for name, kind in (("python/needle/pipe.py", tarfile.FIFOTYPE), ("python/needle/disk.py", tarfile.BLKTYPE), ("python/needle/zero.py", tarfile.CHRTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.devmajor, entry.devminor = kind, 1, 5
            archive.addfile(entry)
    return path
