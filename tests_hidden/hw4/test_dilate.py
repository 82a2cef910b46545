"""Flip, Dilate and UnDilate along any axes."""

import places
from operators import check_named
from spreading import check_dilate, check_undilate


def test_flip_every_axis(rng):
    """flip along each axis, and its gradient."""
    check_named("flip", *(([rng.normal(size=(2, 3, 4))], {"axes": (axis,)}) for axis in range(3)))


def test_flip_several_axes(rng):
    """flip along several axes, as the kernel of a convolution needs it."""
    a = rng.normal(size=(3, 3, 2, 2))
    check_named("flip", *(([a], {"axes": axes}) for axes in ((0, 1), (1, 3), (0, 1, 2, 3))))


def test_dilate_every_axis(rng):
    """dilate along each axis, with one zero or more."""
    for axis in range(3):
        check_dilate(rng, (2, 3, 2), (axis,), 1)
        check_dilate(rng, (2, 3, 2), (axis,), 3)


def test_dilate_several_axes(rng):
    """dilate along several axes, of images whose height and width differ."""
    check_dilate(rng, (2, 3, 2, 2), (1, 2), 2)
    check_dilate(rng, (3, 2), (0, 1), 1)
    check_dilate(rng, (2, 1, 3), (0, 2), 1)


def test_dilate_by_nothing(rng):
    """dilate with no zeros changes nothing."""
    check_dilate(rng, (2, 3), (0, 1), 0)


def test_axes_that_do_not_exist(rng):
    """Axes beyond the last one change nothing."""
    check_dilate(rng, (2, 3), (1, 2, 5), 1)
    check_undilate(rng, (2, 4), (1, 2), 1)


def test_undilate_every_axis(rng):
    """undilate along each axis."""
    for axis in range(3):
        check_undilate(rng, (6, 6, 6), (axis,), 1)
        check_undilate(rng, (3, 6, 3), (axis,), 2)


def test_undilate_several_axes(rng):
    """undilate along several axes, of images whose height and width differ."""
    check_undilate(rng, (1, 6, 4, 2), (1, 2), 1)
    check_undilate(rng, (2, 2), (0, 1), 0)


def test_other_devices(rng):
    """The results are on the device of the tensor."""
    for device in places.others():
        check_dilate(rng, (2, 3), (0, 1), 1, device)
        check_undilate(rng, (4, 2), (0, 1), 1, device)
        check_named("flip", ([rng.normal(size=(2, 3))], {"axes": (0, 1)}), device=device)
