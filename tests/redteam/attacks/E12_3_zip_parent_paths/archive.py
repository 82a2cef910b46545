"""Builds the archive; `files` is a correct solution."""

import zipfile


def build(folder, files):
    path = folder / "submission.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.writestr("../../escaped.py", "x = 1")
        archive.writestr("python\\..\\..\\escaped.py", "x = 1")
        archive.writestr("C:/escaped.py", "x = 1")
    return path
