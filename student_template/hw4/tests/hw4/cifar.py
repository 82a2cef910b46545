"""Small files in the format of CIFAR-10: what these tests write and read themselves."""

import pickle

import numpy as np
from grader.testing import assert_close, on_student_side

TRAINING = [f"data_batch_{number}" for number in range(1, 6)]


def draw(rng, sizes=(3, 2, 4, 1, 3), test=5):
    """Return {name of a file: (pixels, labels)}, with so many images in each file."""
    counts = dict(zip([*TRAINING, "test_batch"], [*sizes, test], strict=True))
    return {
        name: (rng.integers(0, 256, (n, 3072), dtype=np.uint8), rng.integers(0, 10, n).tolist())
        for name, n in counts.items()
    }


def write(folder, files):
    """Write the files as CIFAR-10 has them; return the folder."""
    for name, (pixels, labels) in files.items():
        content = {
            b"batch_label": name.encode(),
            b"labels": labels,
            b"data": pixels,
            b"filenames": [b"image.png"] * len(labels),
        }
        (folder / name).write_bytes(pickle.dumps(content, protocol=2))
    return str(folder)


def expected(files, train):
    """Return the images (n, 3, 32, 32), from 0 to 1, and their labels."""
    chosen = [files[name] for name in (TRAINING if train else ["test_batch"])]
    pixels = np.concatenate([pixels for pixels, _ in chosen])
    labels = np.concatenate([labels for _, labels in chosen])
    return pixels.reshape(-1, 3, 32, 32) / 255, labels


@on_student_side
def read(folder, train, indices):
    """Return length, X and y of a dataset, and what it gives for each index, with its type."""
    import needle as ndl

    dataset = ndl.data.CIFAR10Dataset(folder, train=train)
    found = []
    for index in indices:
        index = slice(*index) if isinstance(index, tuple) else index
        image, label = dataset[index]
        found.append((type(dataset[index]).__name__, np.array(image), np.array(label)))
    return len(dataset), np.array(dataset.X), np.array(dataset.y), found


@on_student_side
def batches(folder, train, batch_size, shuffle, seed):
    """Return all batches of a loader, their dtypes and devices, and the length of the dataset."""
    import needle as ndl

    dataset = ndl.data.CIFAR10Dataset(folder, train=train)
    np.random.seed(seed)
    loader = ndl.data.DataLoader(dataset, batch_size=batch_size, shuffle=shuffle)
    found = []
    for X, y in loader:
        found.append((X.numpy(), y.numpy(), str(X.dtype), str(X.device), type(X).__name__))
    return found


def check(tmp_path, rng, train, indices):
    """Compare a dataset, and what it gives for some indices, with the files."""
    files = draw(rng)
    X, y = expected(files, train)
    count, images, labels, found = read(write(tmp_path, files), train, list(indices))
    assert count == len(y), f"the dataset has length {count}, not {len(y)}"
    assert_close(images, X, rtol=1e-6, atol=1e-7, dtype="float32", name="X")
    assert_close(labels, y, name="y")
    for index, (kind, image, label) in zip(indices, found, strict=True):
        place = slice(*index) if isinstance(index, tuple) else index
        assert kind == "tuple", f"dataset[{index}] is a {kind}, not a tuple"
        assert_close(image, X[place], rtol=1e-6, atol=1e-7, dtype="float32", name="images")
        assert_close(label, y[place], name="labels")


def check_batches(tmp_path, rng, batch_size, shuffle=False, seed=0):
    """Compare the batches of a loader with the files."""
    files = draw(rng)
    X, y = expected(files, True)
    found = batches(write(tmp_path, files), True, batch_size, shuffle, seed)
    order = np.arange(len(y))
    if shuffle:
        order = np.random.RandomState(seed).permutation(len(y))
    starts = range(0, len(y), batch_size)
    assert len(found) == len(starts), f"{len(found)} batches, not {len(starts)}"
    for start, (images, labels, dtype, device, kind) in zip(starts, found, strict=True):
        rows = order[start : start + batch_size]
        assert_close(images, X[rows], rtol=1e-6, atol=1e-7, dtype="float32", name="images")
        assert_close(labels, y[rows].astype(np.float32), dtype="float32", name="labels")
        assert (kind, dtype, device) == ("Tensor", "float32", "cpu()"), (kind, dtype, device)
