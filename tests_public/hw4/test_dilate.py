"""Flip, Dilate and UnDilate."""

import places
from operators import check_named
from spreading import check_dilate, check_undilate


def test_flip(rng):
    """flip and its gradient, along one axis and along two."""
    a = rng.normal(size=(2, 3, 2))
    check_named("flip", ([a], {"axes": (1,)}), ([a], {"axes": (0, 2)}))


def test_dilate_one_axis(rng):
    """dilate puts zeros behind every element of an axis, also behind the last."""
    check_dilate(rng, (2, 3), (0,), 1)
    check_dilate(rng, (2, 3), (1,), 2)


def test_dilate_images(rng):
    """dilate makes images (batch, height, width, channels) larger."""
    check_dilate(rng, (2, 2, 3, 2), (1, 2), 1)


def test_undilate(rng):
    """undilate takes the zeros away again."""
    check_undilate(rng, (4, 6), (0, 1), 1)
    check_undilate(rng, (2, 6), (1,), 2)


def test_other_devices(rng):
    """The results are on the device of the tensor."""
    for device in places.others():
        check_dilate(rng, (3, 2), (0, 1), 1, device)
        check_undilate(rng, (2, 4), (0, 1), 1, device)
