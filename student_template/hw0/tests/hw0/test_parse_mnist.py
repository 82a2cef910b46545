"""Reading images and labels from files in the format of MNIST."""

import idx
import numpy as np
import simple_ml
from grader.testing import assert_close


def test_images_and_labels(tmp_path, rng):
    """Each image is a row of pixels from 0 to 1 in float32, and labels are uint8."""
    images = rng.integers(0, 256, (5, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 10, 5, dtype=np.uint8)
    X, y = simple_ml.parse_mnist(*idx.write(tmp_path, images, labels))
    assert_close(X, images.reshape(5, 784) / 255, dtype="float32", name="images")
    assert_close(y, labels, dtype="uint8", name="labels")


def test_mnist():
    """The files of MNIST itself are read, if they are in data/."""
    pixels, labels = idx.mnist()
    X, y = simple_ml.parse_mnist(idx.IMAGES, idx.LABELS)
    assert_close(y, labels, dtype="uint8", name="labels")
    assert_close(X[:100], pixels[:100] / 255, dtype="float32", name="images")
