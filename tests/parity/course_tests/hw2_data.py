"""A homework-2 file as courses write them: transforms, data sets, loaders, the training program."""

import gzip
import struct
import sys

sys.path.append("./python")
sys.path.append("./apps")

import mugrade
import needle as ndl
import needle.nn as nn
import numpy as np
import pytest
from mlp_resnet import *


@pytest.fixture
def mnist(tmp_path):
    rng = np.random.default_rng(5)
    for name, n in [("train", 600), ("t10k", 130)]:
        labels = rng.integers(10, size=n).astype(np.uint8)
        images = rng.integers(60, size=(n, 28, 28)).astype(np.uint8)
        for image, label in zip(images, labels):
            image[2 * label : 2 * label + 4] += 150
        with gzip.open(tmp_path / f"{name}-images-idx3-ubyte.gz", "wb") as f:
            f.write(struct.pack(">4I", 2051, n, 28, 28) + images.tobytes())
        with gzip.open(tmp_path / f"{name}-labels-idx1-ubyte.gz", "wb") as f:
            f.write(struct.pack(">2I", 2049, n) + labels.tobytes())
    return tmp_path


def dataset(mnist, transforms=None):
    return ndl.data.MNISTDataset(
        str(mnist / "train-images-idx3-ubyte.gz"),
        str(mnist / "train-labels-idx1-ubyte.gz"),
        transforms=transforms,
    )


def raw(mnist):
    with gzip.open(mnist / "train-images-idx3-ubyte.gz") as f:
        images = np.frombuffer(f.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(mnist / "train-labels-idx1-ubyte.gz") as f:
        return images, np.frombuffer(f.read(), np.uint8, offset=8)


def test_dataset(mnist):
    data = dataset(mnist)
    images, labels = raw(mnist)
    assert len(data) == 600
    sample_norms = np.array([np.linalg.norm(data[idx][0]) for idx in [1, 42, 333]])
    want = [np.linalg.norm(images[i].astype(np.float32) / np.float32(255)) for i in [1, 42, 333]]
    np.testing.assert_allclose(sample_norms, want, rtol=1e-5)
    np.testing.assert_equal([data[i][1] for i in range(20)], labels[:20])
    assert data[3][0].dtype == np.float32


@pytest.mark.parametrize("index", [np.s_[1:5], np.s_[7:8], np.s_[:20:3], np.array([5, 3, 8])])
def test_dataset_slices(mnist, index):
    X, y = dataset(mnist)[index]
    images, labels = raw(mnist)
    assert X.shape[0] == len(labels[index])
    np.testing.assert_allclose(
        X.reshape(-1, 784), images[index].reshape(-1, 784) / 255, rtol=1e-6, atol=1e-6
    )
    np.testing.assert_equal(y, labels[index])


def test_flip():
    np.random.seed(0)
    size_a, size_b, size_c = 28, 28, 1
    a = np.random.rand(size_a, size_b, size_c)
    transform = ndl.data.RandomFlipHorizontal(1)
    np.testing.assert_allclose(np.flip(a, axis=1), transform(a))
    np.testing.assert_allclose(a, ndl.data.RandomFlipHorizontal(0)(a))


def test_crop():
    a = np.random.rand(9, 7, 3)
    transform = ndl.data.RandomCrop(4)
    for seed in range(5):
        np.random.seed(seed)
        got = transform(a)
        np.random.seed(seed)
        x, y = np.random.randint(low=-4, high=5, size=2)
        padded = np.pad(a, ((4, 4), (4, 4), (0, 0)))
        np.testing.assert_allclose(got, padded[4 + x : 13 + x, 4 + y : 11 + y])


def test_transforms(mnist):
    tforms = [ndl.data.RandomCrop(3), ndl.data.RandomFlipHorizontal()]
    data, plain = dataset(mnist, tforms), dataset(mnist)
    np.random.seed(0)
    X, y = data[11]
    np.random.seed(0)
    want = plain[11][0].reshape(28, 28, 1)
    for tform in tforms:
        want = tform(want)
    np.testing.assert_allclose(X.reshape(28, 28, 1), want)


@pytest.mark.parametrize("batch_size", [1, 15, 100])
def test_dataloader(mnist, batch_size):
    data = dataset(mnist)
    loader = ndl.data.DataLoader(dataset=data, batch_size=batch_size, shuffle=False)
    for i, (X, y) in enumerate(loader):
        if i == 20:
            break
        want = data[i * batch_size : (i + 1) * batch_size]
        assert isinstance(X, ndl.Tensor)
        assert X.shape == want[0].shape
        np.testing.assert_allclose(X.numpy(), want[0], rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(y.numpy(), want[1], rtol=1e-5, atol=1e-5)


def test_dataloader_shuffles(mnist):
    data = dataset(mnist)
    loader = ndl.data.DataLoader(dataset=data, batch_size=150, shuffle=True)
    np.random.seed(3)
    first = [y.numpy() for _, y in loader]
    np.random.seed(3)
    order = np.random.permutation(600)
    np.testing.assert_equal(np.concatenate(first), data[order][1])
    it = iter(loader)
    a = next(it)
    b = next(it)
    assert a != b


def test_dataloader_of_arrays():
    data = ndl.data.NDArrayDataset(np.random.rand(100, 10, 10))
    loader = ndl.data.DataLoader(dataset=data, batch_size=16, shuffle=True)
    x = next(iter(loader))
    assert len(x) == 1 and x[0].shape == (16, 10, 10)
    assert len(list(loader)) == 7
    loader = ndl.data.DataLoader(data, batch_size=16)
    for i, batch in enumerate(loader):
        pass
    assert i == 6
    np.testing.assert_allclose(batch[0].numpy(), data.arrays[0][96:])


def num_params(model):
    return np.sum([np.prod(x.shape) for x in model.parameters()])


@pytest.mark.parametrize("norm", [nn.BatchNorm1d, nn.LayerNorm1d])
def test_residual_block(norm):
    np.random.seed(2)
    block = ResidualBlock(15, 2, norm=norm, drop_prob=0.3)
    assert num_params(block) == 15 * 2 + 2 + 2 * 2 + 2 * 15 + 15 + 2 * 15
    x = ndl.Tensor(np.random.randn(4, 15), dtype="float32")
    assert block(x).shape == (4, 15)
    np.random.seed(2)
    np.testing.assert_allclose(
        block.parameters()[0].numpy(), (2 * np.random.rand(15, 2) - 1) * np.sqrt(6 / 15), rtol=1e-5
    )


def test_mlp_resnet():
    np.random.seed(4)
    model = MLPResNet(13, 6, 4, 5, norm=nn.LayerNorm1d, drop_prob=0.2)
    block = 6 * 3 + 3 + 2 * 3 + 3 * 6 + 6 + 2 * 6
    assert num_params(model) == 13 * 6 + 6 + 4 * block + 6 * 5 + 5
    model.eval()
    x = ndl.Tensor(np.random.randn(3, 13), dtype="float32")
    np.testing.assert_allclose(model(x).numpy(), model(x).numpy())


def test_epoch(mnist):
    np.random.seed(1)
    loader = ndl.data.DataLoader(dataset=dataset(mnist), batch_size=100)
    model = MLPResNet(784, 10)
    before = np.array(epoch(loader, model))
    opt = ndl.optim.Adam(model.parameters(), lr=0.01, weight_decay=0.01)
    trained = np.array(epoch(loader, model, opt))
    after = np.array(epoch(loader, model))
    assert model.training is False
    assert 0 <= after[0] < before[0] <= 1
    assert after[1] < before[1]
    assert trained.shape == (2,)


def test_train_mnist(mnist):
    np.random.seed(1)
    out = train_mnist(50, 2, ndl.optim.SGD, 0.2, 0.0005, 20, data_dir=str(mnist))
    out = np.array(out)
    assert out.shape == (4,)
    assert 0 <= out[0] <= 0.6 and 0 <= out[2] <= 0.6
    again = np.array(train_mnist(50, 2, ndl.optim.SGD, 0.2, 0.0005, 20, data_dir=str(mnist)))
    np.testing.assert_allclose(out, again, rtol=1e-5)


def submit_flip():
    mugrade.submit(ndl.data.RandomFlipHorizontal(1)(np.ones((2, 3, 1))))
