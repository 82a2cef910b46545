"""Builds the archive; `files` is a correct solution."""

import zipfile


def build(folder, files):
    path = folder / "submission.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.writestr("python/needle/Autograd.py", "raise SystemExit(0)")
        archive.writestr("Python/needle/autograd.py", "raise SystemExit(0)")
    return path
