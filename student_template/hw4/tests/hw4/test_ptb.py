"""Reading Penn Treebank, from small files that the tests write."""

import numpy as np
import places
import texts

TRAIN = [["the", "cat", "sat"], ["the", "dog"], ["a", "cat"]]
TEST = [["a", "bird", "sat"], ["the", "end"]]


def test_dictionary():
    """Words get numbers in the order of their first appearance."""
    texts.check_dictionary(["a", "b", "a", "c", "b", "d"])


def test_corpus(tmp_path):
    """Both texts become numbers, with '<eos>' at the end of each line."""
    texts.check_corpus(tmp_path, TRAIN, TEST)


def test_corpus_of_some_lines(tmp_path):
    """max_lines limits how many lines of each file are read."""
    texts.check_corpus(tmp_path, TRAIN, TEST, max_lines=1)


def test_batchify():
    """A text becomes columns, one contiguous piece each; what is left over is dropped."""
    texts.check_batchify(range(26), 4)


def test_get_batch():
    """The targets are the words that follow the data, in one row."""
    batches = np.arange(24).reshape(4, 6).T
    texts.check_get_batch(batches, 0, 2)
    texts.check_get_batch(batches, 2, 3)


def test_last_batch():
    """The last batch is shorter, as its last row only serves as a target."""
    texts.check_get_batch(np.arange(24).reshape(4, 6).T, 3, 4)


def test_other_devices():
    """Data and targets are on the device that is asked for."""
    for device in places.others():
        texts.check_get_batch(np.arange(24).reshape(4, 6).T, 1, 2, device)
