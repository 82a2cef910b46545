"""The file format of MNIST: what these tests write and read themselves."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

#: the files of the 10,000 test images, for those who have them in data/
IMAGES = "data/t10k-images-idx3-ubyte.gz"
LABELS = "data/t10k-labels-idx1-ubyte.gz"


def write(folder, images, labels):
    """Write images (count, rows, columns) and labels as MNIST has them; return both paths."""
    files = {
        folder / "images.gz": struct.pack(">4I", 2051, *images.shape) + images.tobytes(),
        folder / "labels.gz": struct.pack(">2I", 2049, len(labels)) + labels.tobytes(),
    }
    for path, content in files.items():
        path.write_bytes(gzip.compress(content, compresslevel=1))
    return tuple(str(path) for path in files)


def mnist():
    """Return the images (count, 784) and labels of MNIST's test set as bytes, if it is here."""
    if not Path(IMAGES).is_file() or not Path(LABELS).is_file():
        pytest.skip(f"MNIST is not here: {IMAGES} and {LABELS} are needed")
    pixels = np.frombuffer(gzip.decompress(Path(IMAGES).read_bytes())[16:], np.uint8)
    labels = np.frombuffer(gzip.decompress(Path(LABELS).read_bytes())[8:], np.uint8)
    return pixels.reshape(len(labels), -1), labels
