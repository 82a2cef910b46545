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
        for name, target in (("python/needle/extra.py", "/etc/passwd"), ("python/needle/tests.py", "../../../../tests_hidden/redteam/test_hidden.py")):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return path
