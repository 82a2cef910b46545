"""Random changes to images, so that a model sees each of them in many forms."""

from __future__ import annotations

import numpy as np


class Transform:
    """Makes a new image out of an image: both are arrays (H, W, C)."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        raise NotImplementedError()


class RandomFlipHorizontal(Transform):
    """Mirror the image, left to right, with probability p.

    Args:
        p: the probability
    """

    def __init__(self, p: float = 0.5) -> None:
        self.p = p

    def __call__(self, img: np.ndarray) -> np.ndarray:
        """Mirror the image or return it as it is.

        Args:
            img: (H, W, C)

        Returns:
            (H, W, C).
        """
        flip_img = np.random.rand() < self.p
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class RandomCrop(Transform):
    """Shift the image by up to `padding` rows and columns; what comes in at the border is zero.

    As if a window of the image's size were cut, at a random place, out of the image with `padding`
    zeros around it.

    Args:
        padding: the largest shift
    """

    def __init__(self, padding: int = 3) -> None:
        self.padding = padding

    def __call__(self, img: np.ndarray) -> np.ndarray:
        """Cut the window.

        Args:
            img: (H, W, C)

        Returns:
            (H, W, C): its row r is row r + shift_x of the image, its column c is column
            c + shift_y of the image, or zero where the image has no such row or column.
        """
        shift_x, shift_y = np.random.randint(low=-self.padding, high=self.padding + 1, size=2)
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION
