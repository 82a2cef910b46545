"""Data sets, and how to go through them in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..autograd import Tensor


class Dataset:
    """Samples that are numbered from 0; each is a tuple of fields, such as an image and its label.

    An index may also be a slice or an array of numbers. Then each field gets a leading axis, for
    the samples.

    Args:
        transforms: what to apply to an image before it is returned, in order
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]] | None = None) -> None:
        self.transforms = transforms

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError()

    def __len__(self) -> int:
        raise NotImplementedError()

    def apply_transforms(self, x: Any) -> Any:
        """Apply the transforms, one after the other, to one image (H, W, C)."""
        for transform in self.transforms or ():
            x = transform(x)
        return x


class DataLoader:
    """Goes through a data set in batches; each time anew with `for batch in loader`.

    Args:
        dataset: the samples
        batch_size: how many samples a batch has; the last one may have fewer
        shuffle: whether each pass takes the samples in a new random order

    Attributes:
        ordering: the numbers of the samples, an array for each batch. Without shuffling they count
            up, and are made here. With shuffling they are made at the start of each pass, by one
            call of `np.random.permutation`.
    """

    dataset: Dataset
    batch_size: int
    ordering: list[np.ndarray]

    def __init__(self, dataset: Dataset, batch_size: int = 1, shuffle: bool = False) -> None:
        self.dataset = dataset
        self.shuffle = shuffle
        self.batch_size = batch_size
        if not self.shuffle:
            self.ordering = self._split(np.arange(len(dataset)))

    def _split(self, numbers: np.ndarray) -> list[np.ndarray]:
        """Cut an array of sample numbers into batches."""
        return np.array_split(numbers, range(self.batch_size, len(numbers), self.batch_size))

    def __iter__(self) -> DataLoader:
        """Start a new pass, and return the loader itself."""
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION
        return self

    def __next__(self) -> tuple[Tensor, ...]:
        """The next batch: a tensor for each field, whose first axis is that of the samples."""
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION
