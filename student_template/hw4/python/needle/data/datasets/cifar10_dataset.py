"""CIFAR-10: small colour photographs of ten kinds of things."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..data_basic import Dataset


class CIFAR10Dataset(Dataset):
    """The images of https://www.cs.toronto.edu/~kriz/cifar.html, in its version for Python.

    The folder holds the files data_batch_1 to data_batch_5 for training, and test_batch. Each is a
    pickle of Python 2 (load it with `encoding="bytes"`): a dict with b"data", a uint8 array
    (n, 3072) with a row for each image, which has the 32 x 32 pixels of the red channel, row by
    row, then those of the green and of the blue one; and b"labels", a list of n integers.

    Whoever writes a pickle decides what runs when it is loaded: read trusted files only.

    Args:
        base_folder: the folder of the files
        train: whether to read the images for training, in the order of the files, or those to test
        p: not used
        transforms: what to apply to each image, an array (32, 32, 3), before it is returned

    Attributes:
        X: float32 (n, 3, 32, 32) with values from 0 to 1
        y: (n,), the labels
    """

    def __init__(
        self,
        base_folder: str,
        train: bool,
        p: float | None = 0.5,
        transforms: Sequence[Callable[[Any], Any]] | None = None,
    ) -> None:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def __getitem__(self, index: Any) -> tuple[np.ndarray, Any]:
        """Sample `index`, or the samples of a slice or an array of numbers.

        Returns:
            Tuple of the transformed image (3, 32, 32) and its label. Several samples: images
            (n, 3, 32, 32) and labels (n,).
        """
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def __len__(self) -> int:
        """The number of samples."""
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION
