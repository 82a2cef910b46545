"""MNIST: images of handwritten digits."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..data_basic import Dataset


class MNISTDataset(Dataset):
    """Images and labels in the format of MNIST, which
    http://yann.lecun.com/exdb/mnist/ describes: gzip of IDX, with big-endian integers of 32 bits
    in the header (magic number 2051, count, rows and columns for images; 2049 and count for
    labels), then one byte for each pixel or label.

    Args:
        image_filename: name of the gzipped file of images
        label_filename: name of the gzipped file of labels
        transforms: what to apply to each image, an array (28, 28, 1), before it is returned
    """

    def __init__(
        self,
        image_filename: str,
        label_filename: str,
        transforms: Sequence[Callable[[Any], Any]] | None = None,
    ) -> None:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        """Sample `index`, or the samples of a slice or an array of numbers.

        Returns:
            Tuple of the transformed image, float32 (784,) with values from 0 to 1, and its label.
            Several samples: images (n, 784) and labels (n,), also if n is 1.
        """
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def __len__(self) -> int:
        """The number of samples."""
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION
