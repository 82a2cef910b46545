"""DataLoader: samples in batches, in order or shuffled, again and again."""

import idx
import needle as ndl
import numpy as np
from grader.testing import assert_close

X = np.arange(33.0).reshape(11, 3)
Y = np.arange(11) * 10


def loaded(loader):
    """Return the arrays of all batches of one pass."""
    return [[field.numpy() for field in batch] for batch in loader]


def compare(batches, order, size):
    """Compare batches with the samples in the given order, `size` at a time."""
    parts = [order[start : start + size] for start in range(0, len(order), size)]
    assert len(batches) == len(parts), f"{len(batches)} batches, expected {len(parts)}"
    for number, (batch, part) in enumerate(zip(batches, parts, strict=True)):
        assert len(batch) == 2, f"batch {number} has {len(batch)} fields, expected 2"
        assert_close(batch[0], X[part], name=f"first field of batch {number}")
        assert_close(batch[1], Y[part], name=f"second field of batch {number}")


def test_batches_in_order():
    """Without shuffling, samples come in order; the last batch may be short."""
    loader = ndl.data.DataLoader(ndl.data.NDArrayDataset(X, Y), batch_size=4)
    compare(loaded(loader), np.arange(11), 4)


def test_batch_size_one():
    """By default a batch has one sample, and still an axis for it."""
    loader = ndl.data.DataLoader(ndl.data.NDArrayDataset(X, Y))
    compare(loaded(loader), np.arange(11), 1)


def test_a_single_batch():
    """A batch may be as large as the data set, or larger."""
    for size in (11, 50):
        loader = ndl.data.DataLoader(ndl.data.NDArrayDataset(X, Y), batch_size=size)
        compare(loaded(loader), np.arange(11), size)


def test_again():
    """Each pass starts at the beginning, also after one that was left early."""
    loader = ndl.data.DataLoader(ndl.data.NDArrayDataset(X, Y), batch_size=3)
    next(iter(loader))
    for _ in range(2):
        compare(loaded(loader), np.arange(11), 3)


def test_shuffled():
    """With shuffle, each pass has a new order, from one call of np.random.permutation."""
    loader = ndl.data.DataLoader(ndl.data.NDArrayDataset(X, Y), batch_size=4, shuffle=True)
    np.random.seed(5)
    found = [loaded(loader) for _ in range(2)]
    state = np.random.RandomState(5)
    for batches in found:
        compare(batches, state.permutation(11), 4)


def test_fields():
    """A batch has as many tensors as the data set has fields, also if that is one."""
    loader = ndl.data.DataLoader(ndl.data.NDArrayDataset(X), batch_size=5)
    batches = loaded(loader)
    assert [len(batch) for batch in batches] == [1, 1, 1]
    for number, (field,) in enumerate(batches):
        assert_close(field, X[5 * number : 5 * number + 5], name=f"batch {number}")


def test_batches_of_images(tmp_path, rng):
    """The images and labels of an MNISTDataset come in batches."""
    images = rng.integers(0, 256, (7, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 10, 7, dtype=np.uint8)
    dataset = ndl.data.MNISTDataset(*idx.write(tmp_path, images, labels))
    batches = loaded(ndl.data.DataLoader(dataset, batch_size=3))
    assert [len(batch[0]) for batch in batches] == [3, 3, 1]
    found = np.concatenate([batch[0].reshape(-1, 784) for batch in batches])
    assert_close(found, images.reshape(7, 784) / 255, dtype="float32", name="images")
    assert_close(np.concatenate([batch[1] for batch in batches]), labels, name="labels")
