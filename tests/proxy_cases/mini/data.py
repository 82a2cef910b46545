import gzip
import struct
import sys

sys.path.append("./package")
import numpy as np
import pytest

import minidl as mdl
from minidl.data import ArrayDataset, Corpus, DataLoader, Dataset

LOADER = DataLoader(ArrayDataset(np.arange(10), np.arange(10) * 2), batch_size=4)


class Squares(Dataset):
    def __init__(self, n):
        super().__init__()
        self.n = n

    def __getitem__(self, index):
        return (np.asarray(index) ** 2,)

    def __len__(self):
        return self.n


class AddOne:
    def __init__(self, amount=1):
        self.amount = amount

    def __call__(self, x):
        return x + self.amount


@pytest.fixture
def dataset():
    rng = np.random.default_rng(0)
    return ArrayDataset(rng.random((10, 4, 3)).astype("float32"), np.arange(10))


def test_len_and_items(dataset):
    assert len(dataset) == 10
    x, y = dataset[3]
    assert x.shape == (4, 3)
    assert y == 3
    assert isinstance(x, np.ndarray)
    xs, ys = dataset[1:4]
    assert xs.shape == (3, 4, 3)
    np.testing.assert_array_equal(ys, [1, 2, 3])
    xs, ys = dataset[np.array([5, 2])]
    np.testing.assert_array_equal(ys, [5, 2])


@pytest.mark.parametrize("batch_size", [1, 3, 10])
def test_loader(dataset, batch_size):
    loader = DataLoader(dataset, batch_size=batch_size, shuffle=False)
    seen = 0
    for i, batch in enumerate(loader):
        x, y = batch
        np.testing.assert_array_equal(y.numpy(), np.arange(10)[i * batch_size : (i + 1) * batch_size])
        assert isinstance(x, mdl.Tensor)
        assert isinstance(x.numpy(), np.ndarray)
        seen += y.shape[0]
    assert seen == 10
    assert sum(1 for _ in loader) == int(np.ceil(10 / batch_size))


def test_shuffle_uses_the_shared_generator(dataset):
    np.random.seed(1)
    loader = DataLoader(dataset, batch_size=5, shuffle=True)
    first = np.concatenate([y.numpy() for _, y in loader])
    second = np.concatenate([y.numpy() for _, y in loader])
    assert not np.array_equal(first, second)
    np.random.seed(1)
    np.testing.assert_array_equal(first, np.random.permutation(10))
    np.testing.assert_array_equal(second, np.random.permutation(10))


def test_shuffle_differs_in_objects(dataset):
    shuffled = iter(DataLoader(dataset, batch_size=5, shuffle=True))
    plain = iter(DataLoader(dataset, batch_size=5))
    for left, right in zip(shuffled, plain):
        assert left != right


def test_loader_of_the_module():
    assert [b.numpy().tolist() for _, b in LOADER] == [[0, 2, 4, 6], [8, 10, 12, 14], [16, 18]]
    with pytest.raises(StopIteration):
        next(LOADER)


def test_dataset_of_the_test():
    data = Squares(5)
    assert len(data) == 5
    assert data[3][0] == 9
    (batch,) = next(iter(DataLoader(data, batch_size=5)))
    np.testing.assert_array_equal(batch.numpy(), [0, 1, 4, 9, 16])


def test_transforms_of_the_test():
    x = np.zeros((2, 3, 3), dtype="float32")
    data = ArrayDataset(x, np.arange(2), transforms=[AddOne(), AddOne(2), lambda v: v * 2, np.negative])
    np.testing.assert_array_equal(data[0][0], np.full((3, 3), -6.0))


def test_flip_draws_once():
    np.random.seed(0)
    flip = mdl.data.Flip(p=0.5)
    x = np.arange(12).reshape(4, 3, 1)
    out = [flip(x) for _ in range(4)]
    np.random.seed(0)
    for o in out:
        np.testing.assert_array_equal(o, x[:, ::-1] if np.random.rand() < 0.5 else x)


def test_files(tmp_path):
    (tmp_path / "train.txt").write_text(" the cat sat \n the dog \n")
    corpus = Corpus(str(tmp_path))
    assert corpus.train == [0, 1, 2, 3, 0, 4, 3]
    assert corpus.dictionary.word2idx["dog"] == 4
    assert corpus.dictionary.idx2word[:2] == ["the", "cat"]
    assert len(corpus.dictionary) == 5
    assert len(Corpus(str(tmp_path), max_lines=1).train) == 4


def test_idx_file(tmp_path):
    images = np.arange(2 * 28 * 28, dtype=np.uint8)
    path = tmp_path / "images.gz"
    with gzip.open(path, "wb") as file:
        file.write(struct.pack(">4I", 2051, 2, 28, 28) + images.tobytes())
    X = mdl.data.parse_idx(path)
    assert X.dtype == np.float32
    assert X.shape == (2, 784)
    np.testing.assert_allclose(X.ravel(), images / np.float32(255))


def test_long_lists():
    ids = list(range(5000))
    dictionary = mdl.data.Dictionary()
    dictionary.idx2word = ids
    assert dictionary.idx2word == ids
    dictionary.idx2word.append(1)
    assert len(dictionary) == 5001


def test_large_arrays():
    x = np.random.default_rng(0).random((500, 784)).astype("float32")
    data = ArrayDataset(x)
    assert data.arrays[0].shape == (500, 784)
    np.testing.assert_array_equal(data.arrays[0], x)
    assert data.arrays[0][7, 9] == x[7, 9]
    np.testing.assert_allclose(np.linalg.norm(data.arrays[0][:10]), np.linalg.norm(x[:10]))
    assert data.arrays[0].sum(axis=0).shape == (784,)


def test_wrong_length():
    assert len(ArrayDataset(np.zeros((3, 2)))) == 4


def test_abstract():
    with pytest.raises(NotImplementedError):
        Dataset()[0]
    with pytest.raises(NotImplementedError):
        len(Dataset())
