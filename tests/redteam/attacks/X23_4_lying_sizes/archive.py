"""Builds the archive; `files` is a correct solution."""

import struct
import zipfile


def build(folder, files):
    path = folder / "submission.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.writestr("python/needle/lies.py", bytes(50 << 20))
        header, directory = archive.getinfo("python/needle/lies.py").header_offset, archive.start_dir
    data = bytearray(path.read_bytes())
    data[header + 22 : header + 26] = struct.pack("<I", 10)
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", 10)
    path.write_bytes(data)
    return path
