"""Real data: 1,797 images of handwritten digits that scikit-learn ships, as large as MNIST's."""

import gzip
import importlib.util
from pathlib import Path

import idx
import numpy as np
import pytest


def _read():
    """Return images and labels; None where scikit-learn's file is missing."""
    spec = importlib.util.find_spec("sklearn")  # found, not imported: that would take a second
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz"
    if not path.exists():
        return None
    table = np.loadtxt(gzip.decompress(path.read_bytes()).decode().splitlines(), delimiter=",")
    small = (table[:, :-1] * 255 / 16).astype(np.uint8).reshape(-1, 8, 8)
    large = np.pad(small.repeat(3, axis=1).repeat(3, axis=2), ((0, 0), (2, 2), (2, 2)))
    return large, table[:, -1].astype(np.uint8)


#: read with the tests: once, for however many submissions
_DATA = _read()


def load():
    """Return images (count, 28, 28) and labels, both uint8: 8 x 8 pixels, each enlarged to 3 x 3.

    The last 400 are by writers who wrote none of the others.
    """
    if _DATA is None:
        pytest.skip("scikit-learn, which ships the digits, is not installed")
    return _DATA


def as_mnist(folder, training, test):
    """Write the digits with these numbers as the four files of MNIST; return the folder's name."""
    images, labels = load()
    for part, chosen in zip(idx.PARTS, (training, test), strict=True):
        idx.write(folder, images[chosen], labels[chosen], part)
    return str(folder)
