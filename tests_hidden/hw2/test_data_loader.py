"""DataLoader: batches of any size, passes one after the other, shuffling, any number of fields."""

import idx
import numpy as np
from grader.testing import assert_close, on_student_side


@on_student_side
def passes(arrays, options, count, seed=0, steps=0):
    """Return the batches of some passes through a loader, after leaving one after some steps.

    Also: the next random number, whether iter() gave the loader itself, and whether all fields were
    tensors.
    """
    import needle as ndl

    np.random.seed(seed)
    loader = ndl.data.DataLoader(ndl.data.NDArrayDataset(*arrays), **options)
    same = True
    if steps:
        start = iter(loader)
        same = start is loader
        for _ in range(steps):
            next(start)
    found, tensors = [], True
    for _ in range(count):
        batches = []
        for batch in loader:
            tensors = tensors and all(issubclass(type(field), ndl.Tensor) for field in batch)
            batches.append([field.numpy() for field in batch])
        found.append(batches)
    return found, np.random.rand(), same, tensors


@on_student_side
def exhausted(arrays, size):
    """Return how many batches come, and whether the end is an end when asked again."""
    import needle as ndl

    loader = ndl.data.DataLoader(ndl.data.NDArrayDataset(*arrays), batch_size=size)
    iterator, count = iter(loader), 0
    while True:
        try:
            next(iterator)
        except StopIteration:
            break
        count += 1
    try:
        next(iterator)
    except StopIteration:
        return count, True
    return count, False


@on_student_side
def batches_of_images(files, transforms, options, seed):
    """Return the batches of an MNISTDataset with transforms, and the shapes of slices as long."""
    import needle as ndl

    made = [getattr(ndl.data, name)(**options) for name, options in transforms]
    dataset = ndl.data.MNISTDataset(*files, transforms=made)
    loader = ndl.data.DataLoader(dataset, **options)
    np.random.seed(seed)
    batches = [[field.numpy() for field in batch] for batch in loader]
    shapes = [np.shape(dataset[0 : len(labels)][0]) for _, labels in batches]
    return batches, shapes


def data(rng, count):
    """Return three fields of different shapes and dtypes."""
    return (
        rng.normal(size=(count, 2, 3)).astype(np.float32),
        rng.integers(0, 10, count, dtype=np.uint8),
        rng.normal(size=(count, 4)),
    )


def compare(batches, arrays, order, size, name=""):
    """Compare batches with samples in the given order, `size` at a time."""
    parts = [order[start : start + size] for start in range(0, len(order), size)]
    assert len(batches) == len(parts), f"{name}{len(batches)} batches, expected {len(parts)}"
    for number, (batch, part) in enumerate(zip(batches, parts, strict=True)):
        assert len(batch) == len(arrays), f"{len(batch)} fields, expected {len(arrays)}"
        for index, (found, array) in enumerate(zip(batch, arrays, strict=True)):
            title = f"{name}field {index} of batch {number}"
            assert_close(found, array[part], name=title)


def test_batches(rng):
    """Batches whose size divides the number of samples, and batches whose size does not."""
    for count, size in ((12, 4), (13, 4), (11, 6), (7, 1), (5, 5)):
        arrays = data(rng, count)
        ((batches,), *_) = passes(arrays, {"batch_size": size}, 1)
        compare(batches, arrays, np.arange(count), size)


def test_default_batch_size(rng):
    """By default, batches have one sample, come in order, and keep an axis for it."""
    arrays = data(rng, 5)
    ((batches,), *_) = passes(arrays, {}, 1)
    compare(batches, arrays, np.arange(5), 1)


def test_batches_larger_than_the_data(rng):
    """A batch size beyond the number of samples gives one batch with all of them."""
    arrays = data(rng, 7)
    for size in (7, 8, 100):
        ((batches,), *_) = passes(arrays, {"batch_size": size}, 1)
        compare(batches, arrays, np.arange(7), size)


def test_passes_one_after_the_other(rng):
    """Every pass starts anew, also after one that was left in the middle."""
    arrays = data(rng, 10)
    for steps in (0, 1, 3):
        found, *_ = passes(arrays, {"batch_size": 4}, 3, steps=steps)
        for batches in found:
            compare(batches, arrays, np.arange(10), 4, f"after {steps} steps: ")


def test_the_end(rng):
    """After the last batch comes StopIteration, again and again."""
    arrays = data(rng, 9)
    assert exhausted(arrays, 4) == (3, True)
    assert exhausted(arrays, 3) == (3, True)


def test_shuffled_passes(rng):
    """Each pass draws one permutation at its start; nothing else is drawn."""
    arrays, seed = data(rng, 11), int(rng.integers(1 << 31))
    found, following, *_ = passes(arrays, {"batch_size": 4, "shuffle": True}, 3, seed)
    state = np.random.RandomState(seed)
    for batches in found:
        compare(batches, arrays, state.permutation(11), 4)
    assert_close(following, state.rand(), name="the next random number")


def test_shuffled_pass_after_one_that_was_left(rng):
    """A shuffled pass that was left in the middle has drawn its permutation, and no more."""
    arrays, seed = data(rng, 8), int(rng.integers(1 << 31))
    options = {"batch_size": 3, "shuffle": True}
    found, following, *_ = passes(arrays, options, 2, seed, steps=2)
    state = np.random.RandomState(seed)
    state.permutation(8)
    for batches in found:
        compare(batches, arrays, state.permutation(8), 3)
    assert_close(following, state.rand(), name="the next random number")


def test_nothing_is_drawn_without_shuffling(rng):
    """Without shuffling, no random number is drawn."""
    arrays, seed = data(rng, 8), int(rng.integers(1 << 31))
    (batches, _), following, *_ = passes(arrays, {"batch_size": 3}, 2, seed)
    compare(batches, arrays, np.arange(8), 3)
    assert_close(following, np.random.RandomState(seed).rand(), name="the next random number")


def test_fields(rng):
    """A batch has one tensor for each field of the data set, be it one, two or three."""
    arrays = data(rng, 7)
    for fields in (arrays[:1], arrays[1:2], arrays[:2], arrays):
        ((batches,), _, _, tensors) = passes(fields, {"batch_size": 3}, 1)
        compare(batches, fields, np.arange(7), 3)
        assert tensors, "the fields of a batch should be Tensors"


def test_the_loader_is_its_own_iterator(rng):
    """iter() returns the loader."""
    arrays = data(rng, 7)
    (batches, *_), _, same, _ = passes(arrays, {"batch_size": 3}, 1, steps=2)
    compare(batches, arrays, np.arange(7), 3)
    assert same


def test_batches_of_images(tmp_path, rng):
    """Batches of an MNISTDataset, shuffled: images as in a slice of it, and labels (n,)."""
    images = rng.integers(0, 256, (10, 28, 28), dtype=np.uint8)
    labels, seed = rng.integers(0, 10, 10, dtype=np.uint8), int(rng.integers(1 << 31))
    files, flip = idx.write(tmp_path, images, labels), [("RandomFlipHorizontal", {"p": 1.0})]
    batches, shapes = batches_of_images(files, flip, {"batch_size": 3, "shuffle": True}, seed)
    order = np.random.RandomState(seed).permutation(10)
    assert [found.shape for found, _ in batches] == [tuple(shape) for shape in shapes]
    found = np.concatenate([found.reshape(-1, 784) for found, _ in batches])
    expected = images[order][:, :, ::-1].reshape(10, 784) / 255
    assert_close(found, expected, name="images")
    assert_close(np.concatenate([found for _, found in batches]), labels[order], name="labels")
    assert [len(found) for _, found in batches] == [3, 3, 3, 1]
