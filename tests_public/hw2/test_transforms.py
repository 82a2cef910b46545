"""Random changes of images: flips and crops."""

import needle as ndl
import numpy as np
from grader.testing import assert_close


def cropped(image, padding, shift_x, shift_y):
    """Return row r + shift_x and column c + shift_y of the image at [r, c], or zero outside."""
    height, width, _ = image.shape
    result = np.zeros(image.shape)
    for r in range(height):
        for c in range(width):
            if 0 <= r + shift_x < height and 0 <= c + shift_y < width:
                result[r, c] = image[r + shift_x, c + shift_y]
    return result


def compare_crops(image, padding, seeds):
    """Compare crops with what they should be for the shifts that NumPy draws."""
    for seed in seeds:
        np.random.seed(seed)
        result = ndl.data.RandomCrop(padding)(image)
        shifts = np.random.RandomState(seed).randint(low=-padding, high=padding + 1, size=2)
        expected = cropped(image, padding, *shifts)
        assert_close(result, expected, name=f"crop by {shifts}")


def test_flip(rng):
    """A flip mirrors each row of the image; channels stay in place."""
    image = rng.uniform(size=(4, 5, 3))
    assert_close(ndl.data.RandomFlipHorizontal(p=1.0)(image), image[:, ::-1])


def test_flip_or_not(rng):
    """The image is flipped if one number of np.random.rand is below p, else it stays as it is."""
    image = rng.uniform(size=(3, 4, 1))
    flip = ndl.data.RandomFlipHorizontal(p=0.4)
    for seed in range(6):
        np.random.seed(seed)
        flipped = np.random.RandomState(seed).rand() < 0.4
        assert_close(flip(image), image[:, ::-1] if flipped else image, name=f"seed {seed}")


def test_crop(rng):
    """A crop is a window of the padded image: its first number shifts rows, its second columns."""
    compare_crops(rng.uniform(0.5, 1, (6, 5, 1)), padding=2, seeds=range(6))


def test_crop_of_colours(rng):
    """All channels of an image are cropped alike."""
    compare_crops(rng.uniform(0.5, 1, (4, 7, 3)), padding=3, seeds=range(3))


def test_crop_without_padding(rng):
    """With padding 0 the image stays as it is."""
    image = rng.uniform(size=(4, 3, 1))
    assert_close(ndl.data.RandomCrop(padding=0)(image), image)
