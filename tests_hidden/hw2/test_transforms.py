"""Flips and crops of images of any size: exact replays of their draws."""

import needle  # noqa: F401 - an import error shows here, once
import numpy as np
from grader.testing import assert_close, on_student_side


@on_student_side
def transformed(name, options, images, seed):
    """Return images after a transform, the next random number, and the images, afterwards."""
    import needle as ndl

    transform = getattr(ndl.data, name)(**options)
    np.random.seed(seed)
    found = [np.array(transform(image)) for image in images]
    return found, np.random.rand(), images


def cropped(image, padding, shift_x, shift_y):
    """Return row r + shift_x and column c + shift_y of the image at [r, c], or zero outside."""
    height, width, _ = image.shape
    result = np.zeros_like(image)
    for r in range(max(0, -shift_x), min(height, height - shift_x)):
        for c in range(max(0, -shift_y), min(width, width - shift_y)):
            result[r, c] = image[r + shift_x, c + shift_y]
    return result


def draw(rng, shape, count):
    """Return images without zeros."""
    return [rng.uniform(0.5, 1, shape).astype(np.float32) for _ in range(count)]


def compare_crops(rng, shape, padding, count=8):
    """Compare crops of several images with their definition."""
    images, seed = draw(rng, shape, count), int(rng.integers(1 << 31))
    given = [image.copy() for image in images]
    found, following, afterwards = transformed("RandomCrop", {"padding": padding}, given, seed)
    state = np.random.RandomState(seed)
    for image, got, after in zip(images, found, afterwards, strict=True):
        shifts = state.randint(low=-padding, high=padding + 1, size=2)
        name = f"crop of {shape} by {tuple(int(n) for n in shifts)}"
        assert_close(got, cropped(image, padding, *shifts), name=name)
        assert_close(after, image, name="the image that was passed in")
    assert_close(following, state.rand(), name="the next random number")


def compare_flips(rng, p, shape, count=8):
    """Compare flips of several images with their definition."""
    images, seed = draw(rng, shape, count), int(rng.integers(1 << 31))
    given = [image.copy() for image in images]
    found, following, afterwards = transformed("RandomFlipHorizontal", {"p": p}, given, seed)
    state = np.random.RandomState(seed)
    for image, got, after in zip(images, found, afterwards, strict=True):
        expected = image[:, ::-1] if state.rand() < p else image
        assert_close(got, expected, name=f"image of {shape}, p={p:.2g}")
        assert_close(after, image, name="the image that was passed in")
    assert_close(following, state.rand(), name="the next random number")


def test_flips(rng):
    """An image is flipped if the number that is drawn is below p."""
    for p in (0.5, 0.15, 0.9, float(rng.uniform(0.2, 0.8))):
        compare_flips(rng, p, (4, 5, 1), count=12)


def test_flips_with_certainty(rng):
    """With p = 1 all images are flipped, with p = 0 none; a number is drawn all the same."""
    compare_flips(rng, 1.0, (3, 6, 2), count=3)
    compare_flips(rng, 0.0, (3, 6, 2), count=3)


def test_flips_of_square_and_coloured_images(rng):
    """Columns are reversed, neither rows nor channels."""
    compare_flips(rng, 0.6, (5, 5, 3))
    compare_flips(rng, 0.6, (3, 3, 3))


def test_crops(rng):
    """The first shift moves rows, the second columns, both to where the shifted window is."""
    for shape in ((6, 5, 1), (5, 6, 1), (4, 4, 3)):
        compare_crops(rng, shape, padding=2)


def test_crops_with_the_default_padding(rng):
    """By default, images are shifted by three rows and columns at most."""
    images, seed = draw(rng, (8, 9, 1), 10), int(rng.integers(1 << 31))
    found, _, _ = transformed("RandomCrop", {}, images, seed)
    state = np.random.RandomState(seed)
    for image, got in zip(images, found, strict=True):
        assert_close(got, cropped(image, 3, *state.randint(-3, 4, size=2)))


def test_crops_without_padding(rng):
    """With padding 0 images stay as they are; the shifts are drawn all the same."""
    compare_crops(rng, (4, 3, 2), padding=0, count=2)
    compare_crops(rng, (4, 3, 2), padding=1)


def test_crops_with_more_padding_than_image(rng):
    """The padding may be larger than the image: then some crops are all zero."""
    compare_crops(rng, (3, 2, 1), padding=5, count=12)
    compare_crops(rng, (2, 4, 3), padding=7, count=12)


def test_float32_stays_float32(rng):
    """Images of float32 are float32 after a transform."""
    images, seed = draw(rng, (5, 4, 1), 4), int(rng.integers(1 << 31))
    found, *_ = transformed("RandomFlipHorizontal", {"p": 1.0}, images, seed)
    for image, got in zip(images, found, strict=True):
        assert_close(got, image[:, ::-1], dtype="float32", name="flip")
    found, *_ = transformed("RandomCrop", {"padding": 2}, images, seed)
    state = np.random.RandomState(seed)
    for image, got in zip(images, found, strict=True):
        expected = cropped(image, 2, *state.randint(-2, 3, size=2))
        assert_close(got, expected, dtype="float32", name="crop")
