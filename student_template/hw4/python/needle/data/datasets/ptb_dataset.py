"""Penn Treebank: the text of news articles, word by word, for language models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...autograd import Tensor


class Dictionary:
    """Numbers words in the order in which they first appear.

    Attributes:
        word2idx: the number of each word
        idx2word: the words by number
    """

    def __init__(self) -> None:
        self.word2idx: dict[str, int] = {}
        self.idx2word: list[str] = []

    def add_word(self, word: str) -> int:
        """The number of a word, which gets the next free one if it is new."""
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def __len__(self) -> int:
        """The number of different words."""
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class Corpus:
    """A text for training and one to test, as numbers of words.

    Args:
        base_dir: the folder of train.txt and test.txt
        max_lines: how many lines to read of each file; all by default

    Attributes:
        dictionary: the words of both files
        train: the numbers of the words of train.txt, a list
        test: the same for test.txt
    """

    def __init__(self, base_dir: str, max_lines: int | None = None) -> None:
        self.dictionary = Dictionary()
        self.train = self.tokenize(str(Path(base_dir) / "train.txt"), max_lines)
        self.test = self.tokenize(str(Path(base_dir) / "test.txt"), max_lines)

    def tokenize(self, path: str, max_lines: int | None = None) -> list[int]:
        """Read a text and add its words to the dictionary.

        Each line is split at white space, and the word '<eos>' is added to its end.

        Args:
            path: the file
            max_lines: how many lines to read; all by default

        Returns:
            The numbers of the words, of all lines in one list.
        """
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def batchify(data: Sequence[int], batch_size: int, device: Any, dtype: Any) -> np.ndarray:
    """Arrange a text in columns, which a model then reads side by side.

    The text is cut into `batch_size` pieces of equal length, and each becomes a column; what is
    left over at the end is dropped. With four columns, the alphabet becomes

        a g m s
        b h n t
        c i o u
        d j p v
        e k q w
        f l r x

    The model takes each column to be independent of the others.

    Args:
        data: numbers of words
        batch_size: how many columns
        device: not used, the result is a NumPy array
        dtype: type of the result

    Returns:
        (rows, batch_size), with as many rows as all columns can fill; the words left over go.
    """
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION


def get_batch(
    batches: np.ndarray, i: int, bptt: int, device: Any = None, dtype: Any = None
) -> tuple[Tensor, Tensor]:
    """Take some rows of `batchify`'s result, and as targets the words that follow each.

    Of the alphabet in `batchify`, with i = 0 and bptt = 2, the data are

        a g m s
        b h n t

    and the targets, in one row, b h n t c i o u.

    Args:
        batches: the result of `batchify` (rows, batch_size)
        i: the first row
        bptt: how many rows; fewer at the end, where the last row only serves as a target
        device: where to put the tensors
        dtype: their type

    Returns:
        Tuple of the data (bptt, batch_size) and the targets (bptt * batch_size,).
    """
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION
