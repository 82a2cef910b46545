"""Reading CIFAR-10, from small files that the tests write."""

import cifar
import numpy as np


def test_training_images(tmp_path, rng):
    """The images for training are those of five files, in order, with values from 0 to 1."""
    cifar.check(tmp_path, rng, True, [0, 12])


def test_test_images(tmp_path, rng):
    """The images to test are those of test_batch."""
    cifar.check(tmp_path, rng, False, [4])


def test_several_images_at_once(tmp_path, rng):
    """A slice or an array of indices gives images and labels with an axis for the samples."""
    cifar.check(tmp_path, rng, True, [(2, 5), np.array([7, 1, 3])])


def test_batches(tmp_path, rng):
    """A loader gives pairs of tensors on NDArrays, the last of them shorter."""
    cifar.check_batches(tmp_path, rng, 5)
