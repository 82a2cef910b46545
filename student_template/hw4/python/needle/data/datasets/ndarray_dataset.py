"""Arrays as a data set."""

from __future__ import annotations

from typing import Any

from ..data_basic import Dataset


class NDArrayDataset(Dataset):
    """Sample i consists of the entries i of all arrays.

    Args:
        arrays: one for each field, of equal lengths
    """

    def __init__(self, *arrays: Any) -> None:
        super().__init__()
        self.arrays = arrays

    def __len__(self) -> int:
        return len(self.arrays[0])

    def __getitem__(self, i: Any) -> tuple[Any, ...]:
        return tuple(array[i] for array in self.arrays)
