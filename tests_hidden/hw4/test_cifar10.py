"""Reading CIFAR-10 from files with other numbers of images."""

import cifar
import numpy as np
from grader.testing import assert_close, on_student_side


def test_training_images(tmp_path, rng):
    """The images of all five files for training, in the order of the files."""
    cifar.check(tmp_path, rng, True, [0, 3, 12, -1])


def test_test_images(tmp_path, rng):
    """The images to test, of which there may be few."""
    cifar.check(tmp_path, rng, False, [0, 4])


def test_slices(tmp_path, rng):
    """A slice has an axis for the samples, also where it has one sample only."""
    cifar.check(tmp_path, rng, True, [(0, 4), (3, 4), (1, 9, 3)])


def test_arrays_of_indices(tmp_path, rng):
    """An array of indices gives the samples in its order, also a single one."""
    cifar.check(tmp_path, rng, True, [np.array([5, 0, 5]), np.array([2])])


def test_channels(tmp_path, rng):
    """Red, green and blue are the first axis of an image, then come its rows."""
    pixels = np.repeat(np.arange(3, dtype=np.uint8), 1024)[None] * 100
    pixels[0, 5] = 255
    files = {name: (pixels, [7]) for name in (*cifar.TRAINING, "test_batch")}
    _, X, y, _ = cifar.read(cifar.write(tmp_path, files), False, [])
    expected = np.broadcast_to((np.arange(3) * 100 / 255).reshape(1, 3, 1, 1), (1, 3, 32, 32))
    expected = expected.copy()
    expected[0, 0, 0, 5] = 1
    assert_close(X, expected, rtol=1e-6, dtype="float32", name="X")
    assert_close(y, np.array([7]), name="y")


def test_batches(tmp_path, rng):
    """Batches of all sizes, the last of them shorter."""
    for size in (4, 13, 20, 1):
        cifar.check_batches(tmp_path, rng, size)


def test_shuffled_batches(tmp_path, rng):
    """A loader that shuffles draws one permutation when its iteration starts."""
    cifar.check_batches(tmp_path, rng, 4, shuffle=True, seed=int(rng.integers(1000)))


def test_transforms(tmp_path, rng):
    """Transforms get an image as rows, columns and channels."""
    files = cifar.draw(rng)
    X, _ = cifar.expected(files, False)
    found = transformed(cifar.write(tmp_path, files))
    assert_close(found, X[2][:, ::-1], rtol=1e-6, dtype="float32", name="image")


@on_student_side
def transformed(folder):
    """Return an image after a transform that reverses the first axis of what it gets."""
    import needle as ndl

    class Upside(ndl.data.Transform):
        def __call__(self, x):
            assert x.shape == (32, 32, 3), f"an image of shape {x.shape}"
            return x[::-1]

    dataset = ndl.data.CIFAR10Dataset(folder, train=False, transforms=[Upside()])
    return np.array(dataset[2][0])
