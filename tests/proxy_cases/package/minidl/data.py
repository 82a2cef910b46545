"""Data sets and loaders."""

import gzip
import struct

import numpy as np

from .autograd import Tensor


class Dataset:
    def __init__(self, transforms=None):
        self.transforms = transforms

    def __getitem__(self, index):
        raise NotImplementedError

    def __len__(self):
        raise NotImplementedError

    def apply_transforms(self, x):
        for transform in self.transforms or []:
            x = transform(x)
        return x


class ArrayDataset(Dataset):
    def __init__(self, *arrays, transforms=None):
        super().__init__(transforms)
        self.arrays = arrays

    def __getitem__(self, index):
        first, *others = (array[index] for array in self.arrays)
        return (self.apply_transforms(first), *others)

    def __len__(self):
        return self.arrays[0].shape[0]


class Flip:
    def __init__(self, p=0.5):
        self.p = p

    def __call__(self, x):
        return x[:, ::-1] if np.random.rand() < self.p else x


class DataLoader:
    def __init__(self, dataset, batch_size=1, shuffle=False):
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.ordering = np.array_split(
            np.arange(len(dataset)), range(batch_size, len(dataset), batch_size)
        )

    def __iter__(self):
        if self.shuffle:
            self.ordering = np.array_split(
                np.random.permutation(len(self.dataset)),
                range(self.batch_size, len(self.dataset), self.batch_size),
            )
        self.position = 0
        return self

    def __next__(self):
        if self.position >= len(self.ordering):
            raise StopIteration
        self.position += 1
        return [Tensor(x) for x in self.dataset[self.ordering[self.position - 1]]]


class Dictionary:
    def __init__(self):
        self.word2idx = {}
        self.idx2word = []

    def add_word(self, word):
        if word not in self.word2idx:
            self.word2idx[word] = len(self.idx2word)
            self.idx2word.append(word)
        return self.word2idx[word]

    def __len__(self):
        return len(self.idx2word)


class Corpus:
    def __init__(self, folder, max_lines=None):
        self.dictionary = Dictionary()
        self.train = self.tokenize(folder + "/train.txt", max_lines)

    def tokenize(self, path, max_lines=None):
        ids = []
        with open(path) as file:
            for number, line in enumerate(file):
                if max_lines is not None and number >= max_lines:
                    break
                ids += [self.dictionary.add_word(word) for word in [*line.split(), "<eos>"]]
        return ids


def parse_idx(path):
    with gzip.open(path) as file:
        _, count, rows, columns = struct.unpack(">4I", file.read(16))
        return np.frombuffer(file.read(), dtype=np.uint8).reshape(count, rows * columns).astype("float32") / 255
