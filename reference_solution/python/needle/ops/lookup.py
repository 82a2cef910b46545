"""Rows of a matrix by number: what one-hot rows times the matrix are, without the multiplications.

Taking rows and adding rows up where they belong are linear, and each is the other's adjoint.
"""

from __future__ import annotations

import numpy as np

from ..autograd import NDArray, Tensor, TensorOp
from ..backend_selection import BACKEND, device_of


class TakeRows(TensorOp):
    """The rows of a matrix (n, columns) that `numbers` says: (count, columns).

    Args:
        numbers: integers (count,)
    """

    def __init__(self, numbers: np.ndarray) -> None:
        self.numbers = numbers

    def compute(self, matrix: NDArray) -> NDArray:
        if BACKEND == "nd":  # arrays that are not indexed by arrays
            return device_of(matrix).one_hot(matrix.shape[0], self.numbers) @ matrix
        return matrix[self.numbers]

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        return AddRows(self.numbers, node.inputs[0].shape[0])(out_grad)


class AddRows(TensorOp):
    """A matrix (n, columns) of sums: each row (count, columns) is added to the one of its number.

    Args:
        numbers: integers (count,)
        n: rows of the result
    """

    def __init__(self, numbers: np.ndarray, n: int) -> None:
        self.numbers = numbers
        self.n = n

    def compute(self, rows: NDArray) -> NDArray:
        device = device_of(rows)
        if BACKEND == "nd":
            return device.one_hot(self.n, self.numbers).swapaxes(0, 1) @ rows
        sums = device.full((self.n, rows.shape[1]), 0, dtype=rows.dtype)
        device.array_module.add.at(sums, self.numbers, rows)
        return sums

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        return TakeRows(self.numbers)(out_grad)


def pick(matrix: NDArray, columns: np.ndarray) -> NDArray:
    """One element of each row: (rows,) out of (rows, n)."""
    if BACKEND == "nd":
        return (matrix * device_of(matrix).one_hot(matrix.shape[1], columns)).sum(axis=1)
    return matrix[np.arange(len(columns)), columns]


def add_at(matrix: NDArray, columns: np.ndarray, values: NDArray) -> None:
    """Add a value of a column (rows, 1) to one element of each row, in place."""
    if BACKEND == "nd":
        one_hot = device_of(matrix).one_hot(matrix.shape[1], columns)
        matrix[:, :] = matrix + one_hot * values.broadcast_to(matrix.shape)
    else:
        matrix[np.arange(len(columns)), columns] += values[:, 0]
