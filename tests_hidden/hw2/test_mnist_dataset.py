"""MNISTDataset: every way to ask for samples, and transforms of each image."""

import idx
import needle  # noqa: F401 - an import error shows here, once
import numpy as np
import pytest
from grader.testing import assert_close, on_student_side

COUNT = 20


@on_student_side
def items(files, indices, transforms=(), seed=0):
    """Return the samples at some indices, and the length, of a data set with transforms.

    An index is a number, an array, or a tuple (start, stop, step) for a slice. A transform is a
    tuple of name and options. Random numbers start from the seed for each index.
    """
    import needle as ndl

    made = [getattr(ndl.data, name)(**options) for name, options in transforms]
    dataset = ndl.data.MNISTDataset(*files, transforms=made or None)
    found = []
    for index in indices:
        np.random.seed(seed)
        image, label = dataset[slice(*index) if isinstance(index, tuple) else index]
        found.append((np.array(image), np.array(label), np.random.rand()))
    return found, len(dataset)


@pytest.fixture
def data(rng):
    """Random images and their labels."""
    images = rng.integers(0, 256, (COUNT, 28, 28), dtype=np.uint8)
    return images, rng.integers(0, 10, COUNT, dtype=np.uint8)


@pytest.fixture
def files(tmp_path, data):
    """The names of two files that hold them."""
    return idx.write(tmp_path, *data)


def rows(images):
    """Return images as rows of 784 numbers, in whatever shape they come."""
    return images.reshape(-1, 784)


def compare(data, found, indices, change=None):
    """Compare samples with the data at those indices, after some change of the images."""
    images, labels = data
    for (image, label, _), index in zip(found, indices, strict=True):
        wanted = slice(*index) if isinstance(index, tuple) else index
        expected = images[wanted].reshape(-1, 28, 28)
        expected = (change(expected) if change else expected).reshape(-1, 784) / 255
        assert_close(rows(image), expected, name=f"images {index}")
        assert_close(label, labels[wanted], name=f"labels {index}")


def test_one_sample(files, data, rng):
    """Samples one by one: an image without a leading axis, and its label as a number."""
    indices = [0, COUNT - 1, *(int(n) for n in rng.integers(0, COUNT, 3))]
    found, _ = items(files, indices)
    compare(data, found, indices)
    for image, label, _ in found:
        assert image.size == 784
        assert label.shape == ()
        assert label.dtype.kind in "iu", f"labels have dtype {label.dtype}"


def test_slices(files, data, rng):
    """Slices with and without ends and steps."""
    start = int(rng.integers(1, 8))
    indices = [(start, start + 7, 1), (None, 5, 1), (12, None, 1), (None, None, 1), (1, 19, 4)]
    compare(data, items(files, indices)[0], indices)


def test_slices_keep_their_axis(files, data, rng):
    """A slice has an axis for the samples, also if there is only one."""
    start = int(rng.integers(0, COUNT - 1))
    indices = [(start, start + 1, 1), (start, start + 2, 1)]
    found, _ = items(files, indices)
    compare(data, found, indices)
    assert [len(image) for image, _, _ in found] == [len(label) for _, label, _ in found]


def test_arrays_of_numbers(files, data, rng):
    """Samples by an array of numbers, in any order and more than once, also by a single one."""
    indices = [rng.permutation(COUNT), rng.integers(0, COUNT, 9), np.array([3, 3]), np.array([7])]
    found, _ = items(files, indices)
    compare(data, found, indices)
    assert [len(image) for image, _, _ in found] == [COUNT, 9, 2, 1]


def test_precision(files, data):
    """A byte of 255 becomes 1.0 exactly, and all others are as near as float32 comes."""
    ((images, _, _),), _ = items(files, [(None, None, 1)])
    expected = data[0].reshape(COUNT, 784) / 255
    assert_close(rows(images), expected, rtol=1.2e-7, atol=0.0, dtype="float32")


def test_many_samples(tmp_path, rng):
    """The length is the number of images, also if it does not fit into a byte."""
    images = rng.integers(0, 256, (300, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 10, 300, dtype=np.uint8)
    for count in (300, 1):
        data = images[:count], labels[:count]
        found, length = items(idx.write(tmp_path, *data), [count - 1, (0, 2, 1)])
        assert length == count
        compare(data, found, [count - 1, (0, 2, 1)])


def test_transforms(files, data, rng):
    """Transforms are applied to each image, whichever way it was asked for; labels stay."""
    flip = [("RandomFlipHorizontal", {"p": 1.0})]
    indices = [4, (3, 8, 1), (9, 10, 1), rng.permutation(COUNT)[:6]]
    found, _ = items(files, indices, flip)
    compare(data, found, indices, lambda images: images[:, :, ::-1])


def test_random_transforms(files, data, rng):
    """Transforms draw for each image by itself, in the order of the images."""
    seed, indices = int(rng.integers(1 << 31)), [5, (2, 9, 1), rng.permutation(COUNT)[:5]]
    found, _ = items(files, indices, [("RandomFlipHorizontal", {"p": 0.5})], seed)

    def flipped(images):
        state = np.random.RandomState(seed)
        return np.stack([each[:, ::-1] if state.rand() < 0.5 else each for each in images])

    compare(data, found, indices, flipped)


def test_transforms_in_order(files, data, rng):
    """Several transforms are applied to each image in the order of the list."""
    seed, indices = int(rng.integers(1 << 31)), [(0, 4, 1), 11]
    crop, flip = ("RandomCrop", {"padding": 4}), ("RandomFlipHorizontal", {"p": 1.0})
    found, _ = items(files, indices, [crop, flip], seed)

    def changed(images):
        state, results = np.random.RandomState(seed), []
        for image in images:
            x, y = state.randint(-4, 5, size=2)
            padded = np.pad(image, 4)[4 + x : 32 + x, 4 + y : 32 + y]
            state.rand()
            results.append(padded[:, ::-1])
        return np.stack(results)

    compare(data, found, indices, changed)


def test_transforms_change_nothing_for_good(files, data):
    """A sample that was transformed is transformed anew the next time, from the same image."""
    flip = [("RandomFlipHorizontal", {"p": 1.0})]
    indices = [2, 2, (1, 4, 1), (1, 4, 1), 2]
    found, _ = items(files, indices, flip)
    compare(data, found, indices, lambda images: images[:, :, ::-1])
