"""MNISTDataset: images and labels from files, one by one or many at once."""

import idx
import needle as ndl
import numpy as np
import pytest
from grader.testing import assert_close


@pytest.fixture
def data(rng):
    """Twelve random images and their labels."""
    images = rng.integers(0, 256, (12, 28, 28), dtype=np.uint8)
    return images, rng.integers(0, 10, 12, dtype=np.uint8)


@pytest.fixture
def files(tmp_path, data):
    """The names of two files that hold them."""
    return idx.write(tmp_path, *data)


def rows(images):
    """Return images as rows of 784 numbers, in whatever shape they come."""
    return np.asarray(images).reshape(-1, 784)


def test_length(files):
    """The length is the number of images."""
    assert len(ndl.data.MNISTDataset(*files)) == 12


def test_one_image(files, data):
    """An item is an image of float32 numbers from 0 to 1, and its label."""
    dataset = ndl.data.MNISTDataset(*files)
    for index in (0, 5, 11):
        image, label = dataset[index]
        expected = data[0][index].reshape(1, 784) / 255
        assert_close(rows(image), expected, dtype="float32", name="image")
        assert int(label) == data[1][index]


def test_a_slice(files, data):
    """A slice gives the images and the labels of several samples."""
    images, labels = ndl.data.MNISTDataset(*files)[3:8]
    assert len(images) == 5
    assert_close(rows(images), data[0][3:8].reshape(5, 784) / 255, dtype="float32", name="images")
    assert_close(labels, data[1][3:8], name="labels")


def test_a_slice_of_one(files, data):
    """A slice with one sample keeps the leading axis of images and labels."""
    images, labels = ndl.data.MNISTDataset(*files)[4:5]
    assert len(images) == 1
    assert_close(rows(images), data[0][4:5].reshape(1, 784) / 255, name="images")
    assert_close(labels, data[1][4:5], name="labels")


def test_an_array_of_numbers(files, data):
    """An array of numbers gives those samples, in that order."""
    chosen = np.array([7, 0, 7, 3])
    images, labels = ndl.data.MNISTDataset(*files)[chosen]
    assert_close(rows(images), data[0][chosen].reshape(4, 784) / 255, name="images")
    assert_close(labels, data[1][chosen], name="labels")


def test_transforms(files, data):
    """Transforms get one image after the other, as (28, 28, 1)."""
    flip = ndl.data.RandomFlipHorizontal(p=1.0)
    dataset = ndl.data.MNISTDataset(*files, transforms=[flip])
    image, label = dataset[2]
    assert_close(rows(image), data[0][2:3, :, ::-1].reshape(1, 784) / 255, name="image")
    assert int(label) == data[1][2]
    images, _ = dataset[6:9]
    assert_close(rows(images), data[0][6:9, :, ::-1].reshape(3, 784) / 255, name="images")


def test_mnist():
    """The files of MNIST itself are read, if they are in data/."""
    folder = idx.mnist()
    files = f"{folder}/t10k-images-idx3-ubyte.gz", f"{folder}/t10k-labels-idx1-ubyte.gz"
    dataset = ndl.data.MNISTDataset(*files)
    assert len(dataset) == 10_000
    images, labels = dataset[:5]
    assert_close(labels, [7, 2, 1, 0, 4], name="labels")
    assert_close(rows(images).max(axis=1), np.ones(5), rtol=0.01, name="brightest pixels")
