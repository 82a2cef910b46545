"""Builds the archive; `files` is a correct solution."""

import zipfile


def build(folder, files):
    path = folder / "submission.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        with archive.open("python/needle/zeros.py", "w", force_zip64=True) as target:
            for _ in range(300):
                target.write(bytes(1 << 20))
    return path
