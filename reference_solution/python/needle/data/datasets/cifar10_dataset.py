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
        super().__init__(transforms)
        names = [f"data_batch_{i}" for i in range(1, 6)] if train else ["test_batch"]
        batches = []
        for name in names:
            with (Path(base_folder) / name).open("rb") as file:
                batches.append(pickle.load(file, encoding="bytes"))
        pixels = np.concatenate([batch[b"data"] for batch in batches])
        self.X = pixels.reshape(-1, 3, 32, 32).astype(np.float32) / 255
        self.y = np.concatenate([batch[b"labels"] for batch in batches])
        ### END YOUR SOLUTION

    def __getitem__(self, index: Any) -> tuple[np.ndarray, Any]:
        """Sample `index`, or the samples of a slice or an array of numbers.

        Returns:
            Tuple of the transformed image (3, 32, 32) and its label. Several samples: images
            (n, 3, 32, 32) and labels (n,).
        """
        ### BEGIN YOUR SOLUTION
        X = self.X[index]
        if self.transforms:
            images = X.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
            transformed = [self.apply_transforms(image).transpose(2, 0, 1) for image in images]
            X = np.array(transformed, dtype=X.dtype).reshape(X.shape)
        return X, self.y[index]
        ### END YOUR SOLUTION

    def __len__(self) -> int:
        """The number of samples."""
        ### BEGIN YOUR SOLUTION
        return len(self.y)
        ### END YOUR SOLUTION
