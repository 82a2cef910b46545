"""The file format of MNIST: what these tests write and read themselves."""

import gzip
import struct
from pathlib import Path

import pytest

#: the names of MNIST's files, for training and for the test
PARTS = ("train", "t10k")


def write(folder, images, labels, part="train"):
    """Write images (count, 28, 28) and labels as MNIST has them; return both paths."""
    files = {
        folder / f"{part}-images-idx3-ubyte.gz": struct.pack(">4I", 2051, *images.shape)
        + images.tobytes(),
        folder / f"{part}-labels-idx1-ubyte.gz": struct.pack(">2I", 2049, len(labels))
        + labels.tobytes(),
    }
    for path, content in files.items():
        path.write_bytes(gzip.compress(content, compresslevel=1))
    return tuple(str(path) for path in files)


def mnist():
    """Return the folder that holds MNIST, if it is here."""
    names = [f"data/{part}-images-idx3-ubyte.gz" for part in PARTS]
    if not all(Path(name).is_file() for name in names):
        pytest.skip(f"MNIST is not here: {' and '.join(names)} are needed, with their labels")
    return "data"
