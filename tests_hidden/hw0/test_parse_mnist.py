"""Files in the format of MNIST with other sizes and other bytes."""

import idx
import numpy as np
import simple_ml
from grader.testing import assert_close


def test_any_size(tmp_path, rng):
    """Images need not be square, and there may be a single one or more than fit into a byte."""
    for count, rows, columns in ((300, 5, 7), (1, 28, 28)):
        images = rng.integers(0, 256, (count, rows, columns), dtype=np.uint8)
        labels = rng.integers(0, 256, count, dtype=np.uint8)
        X, y = simple_ml.parse_mnist(*idx.write(tmp_path, images, labels))
        expected = images.reshape(count, rows * columns) / 255
        assert_close(X, expected, dtype="float32", name="images")
        assert_close(y, labels, dtype="uint8", name="labels")


def test_range_of_pixels(tmp_path):
    """A byte of 0 becomes 0.0 and a byte of 255 becomes 1.0, also where no image has both."""
    images = np.arange(256, dtype=np.uint8).reshape(4, 8, 8)
    X, _ = simple_ml.parse_mnist(*idx.write(tmp_path, images, np.arange(4, dtype=np.uint8)))
    assert_close(X, np.arange(256).reshape(4, 64) / 255, dtype="float32", name="images")
    images = images[1:3]
    X, _ = simple_ml.parse_mnist(*idx.write(tmp_path, images, np.arange(2, dtype=np.uint8)))
    assert_close(X, np.arange(64, 192).reshape(2, 64) / 255, dtype="float32", name="images")


def test_labels(tmp_path, rng):
    """Labels are bytes; their number is in their own header."""
    images = rng.integers(0, 256, (9, 2, 3), dtype=np.uint8)
    labels = np.array([255, 0, 8, 3, 5, 1, 2, 9, 4], np.uint8)
    X, y = simple_ml.parse_mnist(*idx.write(tmp_path, images, labels))
    assert_close(y, labels, dtype="uint8", name="labels")
    assert_close(np.array(X.shape), [9, 6], name="shape of the images")
