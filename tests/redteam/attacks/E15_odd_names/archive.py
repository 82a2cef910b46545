"""Builds the archive; `files` is a correct solution."""

import zipfile


def build(folder, files):
    path = folder / "submission.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        for name in ("yp.\u202edargotua.py", "a\nb.py", "n\u0435edle.py", "e\u0301.py", "\x1b[31m.py", "=1+1.py", "a';rm -rf ~;'.py"):
            archive.writestr("python/needle/" + name, "x = 1")
    return path
