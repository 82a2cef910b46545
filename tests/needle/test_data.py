"""Data sets in their files' formats, transforms against definitions, and batches."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path
from typing import Any

import needle as ndl
import numpy as np
import pytest
from needle.data import DataLoader, RandomCrop, RandomFlipHorizontal


def write_mnist(folder: Path, count: int, part: str = "train", seed: int = 0) -> tuple[Any, Any]:
    """Random images and labels, in files and as arrays."""
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    labels = random.integers(0, 10, count, dtype=np.uint8)
    headers = np.array([2051, count, 28, 28], ">u4"), np.array([2049, count], ">u4")
    names = f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz"
    for name, header, content in zip(names, headers, (images, labels), strict=True):
        with gzip.open(folder / name, "wb") as file:
            file.write(header.tobytes() + content.tobytes())
    return images, labels


@pytest.fixture
def mnist(tmp_path: Path) -> Any:
    """A data set of 30 images, from files; the images; the labels."""
    images, labels = write_mnist(tmp_path, 30)

    def make(**options: Any) -> ndl.data.MNISTDataset:
        return ndl.data.MNISTDataset(
            str(tmp_path / "train-images-idx3-ubyte.gz"),
            str(tmp_path / "train-labels-idx1-ubyte.gz"),
            **options,
        )

    return make, images, labels


def test_mnist(mnist: Any) -> None:
    make, images, labels = mnist
    data = make()
    expected = images.reshape(30, 784).astype(np.float32) / 255
    assert len(data) == 30
    image, label = data[7]
    assert image.dtype == np.float32
    assert label == labels[7]
    np.testing.assert_array_equal(image, expected[7])
    for index in (slice(3, 9), slice(4, 5), np.array([8, 0, 3]), np.array([2]), slice(5, 5)):
        X, y = data[index]  # noqa: N806
        np.testing.assert_array_equal(X, expected[index])
        np.testing.assert_array_equal(y, labels[index])
        assert X.dtype == np.float32


def test_mnist_transforms_images_one_by_one(mnist: Any) -> None:
    make, images, _ = mnist
    seen = []

    def mark(image: np.ndarray) -> np.ndarray:
        seen.append(image.shape)
        return image[::-1] * len(seen)

    data = make(transforms=[mark])
    X, _ = data[[1, 2]]  # noqa: N806
    upside_down = images[[1, 2], ::-1].reshape(2, 784).astype(np.float32) / 255
    np.testing.assert_array_equal(X, upside_down * [[1], [2]])
    assert data[0][0].shape == (784,)
    assert data[:0][0].shape == (0, 784)
    assert seen == [(28, 28, 1)] * 3


def test_mnist_refuses_files_of_another_kind(tmp_path: Path) -> None:
    write_mnist(tmp_path, 20)
    images, labels = (str(tmp_path / f"train-{n}-ubyte.gz") for n in ("images-idx3", "labels-idx1"))
    with pytest.raises(ValueError, match="2049, but images have 2051"):
        ndl.data.MNISTDataset(labels, labels)
    with pytest.raises(ValueError, match="2051, but labels have 2049"):
        ndl.data.MNISTDataset(images, images)


def test_flip_draws_once_for_each_image() -> None:
    image = np.arange(12.0).reshape(2, 3, 2)
    for p in (0.0, 0.3, 1.0):
        np.random.seed(3)
        ours = [RandomFlipHorizontal(p)(image) for _ in range(30)]
        np.random.seed(3)
        expected = [image[:, ::-1] if np.random.rand() < p else image for _ in range(30)]
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("padding", [0, 1, 3, 9])
def test_crop_shifts_and_fills_with_zeros(padding: int) -> None:
    image = 1 + np.arange(5.0 * 4 * 2).reshape(5, 4, 2)
    np.random.seed(4)
    ours = [RandomCrop(padding)(image) for _ in range(20)]
    np.random.seed(4)
    for actual in ours:
        down, right = np.random.randint(low=-padding, high=padding + 1, size=2)
        expected = np.zeros_like(image)
        for row in range(5):
            for column in range(4):
                if 0 <= row + down < 5 and 0 <= column + right < 4:
                    expected[row, column] = image[row + down, column + right]
        np.testing.assert_array_equal(actual, expected)


def numbers(batch: Any) -> list[float]:
    return batch[0].numpy().tolist()


@pytest.mark.parametrize(("count", "size"), [(10, 3), (9, 3), (2, 5), (4, 1)])
def test_loader_in_order(count: int, size: int) -> None:
    loader = DataLoader(ndl.data.NDArrayDataset(np.arange(count)), batch_size=size)
    expected = [list(range(i, min(i + size, count))) for i in range(0, count, size)]
    for _ in range(2):
        assert [numbers(batch) for batch in loader] == expected
    assert [part.tolist() for part in loader.ordering] == expected


def test_loader_shuffles_at_the_start_of_each_pass() -> None:
    data = ndl.data.NDArrayDataset(np.arange(10), 10 * np.arange(10))
    before = np.random.get_state()[1].tolist()
    loader = DataLoader(data, batch_size=4, shuffle=True)
    assert np.random.get_state()[1].tolist() == before
    np.random.seed(5)
    passes = [[numbers(batch) for batch in loader] for _ in range(2)]
    np.random.seed(5)
    for found in passes:
        order = np.random.permutation(10).tolist()
        assert found == [order[:4], order[4:8], order[8:]]
    for x, y in loader:
        np.testing.assert_array_equal(y.numpy(), 10 * x.numpy())


def test_loader_starts_again_in_the_middle() -> None:
    loader = DataLoader(ndl.data.NDArrayDataset(np.arange(6)), batch_size=2)
    assert iter(loader) is loader
    next(loader)
    assert [numbers(batch) for batch in loader] == [[0, 1], [2, 3], [4, 5]]
    with pytest.raises(StopIteration):
        next(loader)


def test_batches_are_tensors_without_history(mnist: Any) -> None:
    make, _, labels = mnist
    data = make()
    for i, batch in enumerate(DataLoader(data, batch_size=8)):
        part = slice(8 * i, 8 * (i + 1))
        assert [type(field) for field in batch] == [ndl.Tensor, ndl.Tensor]
        assert not batch[0].requires_grad
        np.testing.assert_array_equal(batch[0].numpy(), data[part][0])
        np.testing.assert_array_equal(batch[1].numpy(), labels[part])


def write_cifar10(folder: Path, count: int) -> tuple[Any, Any]:
    """The six files of CIFAR-10 with `count` images each, and what is in them."""
    random = np.random.default_rng(1)
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    pixels = random.integers(0, 256, (6, count, 3072), dtype=np.uint8)
    labels = random.integers(0, 10, (6, count))
    for name, rows, numbers in zip(names, pixels, labels, strict=True):
        content = {b"data": rows, b"labels": numbers.tolist()}
        (folder / name).write_bytes(pickle.dumps(content, protocol=2))
    return pixels, labels


def test_cifar10(tmp_path: Path) -> None:
    pixels, labels = write_cifar10(tmp_path, 3)
    train, test = (ndl.data.CIFAR10Dataset(str(tmp_path), train=t) for t in (True, False))
    assert (len(train), len(test)) == (15, 3)
    images = pixels.reshape(18, 3, 32, 32).astype(np.float32) / 255
    for data, part in ((train, slice(0, 15)), (test, slice(15, 18))):
        np.testing.assert_array_equal(data.X, images[part])
        np.testing.assert_array_equal(data.y, labels.ravel()[part])
        assert data.X.dtype == np.float32
    image, label = train[4]
    assert (image.shape, label) == ((3, 32, 32), labels.ravel()[4])
    X, y = train[np.array([2, 7])]  # noqa: N806
    assert (X.shape, y.tolist()) == ((2, 3, 32, 32), labels.ravel()[[2, 7]].tolist())
    X, y = next(iter(DataLoader(train, batch_size=4)))  # noqa: N806
    np.testing.assert_array_equal(X.numpy(), images[:4])


def test_cifar10_transforms_have_channels_last(tmp_path: Path) -> None:
    pixels, _ = write_cifar10(tmp_path, 2)

    def mirror(image: np.ndarray) -> np.ndarray:
        assert image.shape == (32, 32, 3)
        return image[:, ::-1]

    data = ndl.data.CIFAR10Dataset(str(tmp_path), train=False, transforms=[mirror])
    expected = pixels[5].reshape(2, 3, 32, 32)[..., ::-1].astype(np.float32) / 255
    np.testing.assert_array_equal(data[:][0], expected)
    np.testing.assert_array_equal(data[1][0], expected[1])


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "train.txt").write_text(" the cat sat \n the mat \n\n end \n")
    (tmp_path / "test.txt").write_text(" a cat \n on it \n")
    return tmp_path


def test_corpus(corpus: Path) -> None:
    text = ndl.data.Corpus(str(corpus))
    words = ["the", "cat", "sat", "<eos>", "mat", "end", "a", "on", "it"]
    assert text.dictionary.idx2word == words
    assert text.dictionary.word2idx == {word: i for i, word in enumerate(words)}
    assert len(text.dictionary) == 9
    assert text.train == [0, 1, 2, 3, 0, 4, 3, 3, 5, 3]
    assert text.test == [6, 1, 3, 7, 8, 3]
    assert text.dictionary.add_word("cat") == 1
    assert text.dictionary.add_word("dog") == 9


def test_corpus_of_some_lines(corpus: Path) -> None:
    text = ndl.data.Corpus(str(corpus), max_lines=1)
    assert (text.train, text.test) == ([0, 1, 2, 3], [4, 1, 3])
    assert ndl.data.Corpus(str(corpus), max_lines=0).train == []


def test_batchify_and_get_batch() -> None:
    alphabet = list(range(26))
    batches = ndl.data.batchify(alphabet, 4, device=ndl.cpu(), dtype="float32")
    assert (batches.shape, batches.dtype) == ((6, 4), np.float32)
    np.testing.assert_array_equal(batches[:, 1], [6, 7, 8, 9, 10, 11])
    X, y = ndl.data.get_batch(batches, 0, 2, device=ndl.cpu(), dtype="float32")  # noqa: N806
    np.testing.assert_array_equal(X.numpy(), [[0, 6, 12, 18], [1, 7, 13, 19]])
    np.testing.assert_array_equal(y.numpy(), [1, 7, 13, 19, 2, 8, 14, 20])
    X, y = ndl.data.get_batch(batches, 4, 3, device=ndl.cpu(), dtype="float32")  # noqa: N806
    assert (X.shape, y.numpy().tolist()) == ((1, 4), [5, 11, 17, 23])
    assert X.dtype == "float32"
