"""Texts in the format of Penn Treebank: what these tests write and read themselves."""

import numpy as np
import places
from grader.testing import assert_close, on_student_side


def draw_lines(rng, count, words=12, longest=7):
    """Return so many lines of words."""
    names = [f"w{number}" for number in range(words)]
    return [
        [names[i] for i in rng.integers(0, words, rng.integers(1, longest + 1))]
        for _ in range(count)
    ]


def write(folder, train, test):
    """Write train.txt and test.txt as Penn Treebank has them, and a file that nobody reads."""
    for name, lines in (("train", train), ("test", test), ("valid", [["unknown"]])):
        text = "".join(f" {' '.join(line)} \n" for line in lines)
        (folder / f"{name}.txt").write_text(text)
    return str(folder)


def numbered(*files):
    """Return the words in order of their first appearance, and each file as numbers."""
    words, found = {}, []
    for lines in files:
        tokens = [word for line in lines for word in (*line, "<eos>")]
        found.append([words.setdefault(word, len(words)) for word in tokens])
    return list(words), found


@on_student_side
def read(folder, max_lines):
    """Return the words of a corpus in order, both texts, and facts about the dictionary."""
    import needle as ndl

    corpus = ndl.data.Corpus(folder, max_lines) if max_lines else ndl.data.Corpus(folder)
    dictionary = corpus.dictionary
    consistent = all(
        dictionary.word2idx[word] == i for i, word in enumerate(dictionary.idx2word)
    ) and len(dictionary.word2idx) == len(dictionary.idx2word)
    words = [str(word) for word in dictionary.idx2word]
    texts = [[int(i) for i in text] for text in (corpus.train, corpus.test)]
    return words, texts, len(dictionary), consistent, type(corpus.train).__name__


@on_student_side
def add_words(words):
    """Return the numbers that a dictionary gives to words, and its length after each."""
    import needle as ndl

    dictionary = ndl.data.Dictionary()
    found, lengths = [], [len(dictionary)]
    for word in words:
        found.append(int(dictionary.add_word(word)))
        lengths.append(len(dictionary))
    return found, lengths, list(dictionary.idx2word), dict(dictionary.word2idx)


@on_student_side
def batchify(data, batch_size, dtype):
    """Return the columns of a text."""
    import needle as ndl

    return ndl.data.batchify(data, batch_size, device=ndl.cpu(), dtype=dtype)


@on_student_side
def get_batch(batches, i, bptt, device):
    """Return data and targets, each with dtype and device."""
    import needle as ndl

    place = getattr(ndl, device)()
    found = ndl.data.get_batch(batches, i, bptt, device=place, dtype="float32")
    return [(t.numpy(), str(t.dtype), str(t.device)) for t in found]


def check_corpus(folder, train, test, max_lines=None):
    """Compare a corpus with its files."""
    words, texts, count, consistent, kind = read(write(folder, train, test), max_lines)
    expected, numbers = numbered(train[:max_lines], test[:max_lines])
    assert words == expected, f"the words are {words}"
    for name, got, wanted in zip(("train", "test"), texts, numbers, strict=True):
        assert_close(np.array(got), np.array(wanted), name=name)
    assert count == len(expected), f"the dictionary has length {count}"
    assert consistent, "word2idx and idx2word do not agree"
    assert kind == "list", f"train is a {kind}"


def check_dictionary(words):
    """Compare the numbers of words."""
    found, lengths, names, table = add_words(list(words))
    expected, (numbers, *_) = [], [[]]
    for word in words:
        if word not in expected:
            expected.append(word)
        numbers.append(expected.index(word))
    assert found == numbers, f"the numbers of {words} are {found}"
    assert names == expected, f"idx2word is {names}"
    assert table == {word: i for i, word in enumerate(expected)}, f"word2idx is {table}"
    wanted = [len(set(words[:n])) for n in range(len(words) + 1)]
    assert lengths == wanted, f"the lengths are {lengths}"


def check_batchify(data, batch_size, dtype="float32"):
    """Compare the columns of a text."""
    data = [int(i) for i in data]
    rows = len(data) // batch_size
    expected = np.zeros((rows, batch_size))
    for column in range(batch_size):
        expected[:, column] = data[column * rows : (column + 1) * rows]
    found = batchify(data, batch_size, dtype)
    title = f"{len(data)} words in {batch_size} columns"
    assert_close(found, expected.astype(dtype), dtype=dtype, name=title)


def check_get_batch(batches, i, bptt, device="cpu"):
    """Compare data and targets."""
    batches = np.asarray(batches, np.float32)
    length = min(bptt, len(batches) - 1 - i)
    expected = batches[i : i + length], batches[i + 1 : i + 1 + length].reshape(-1)
    found = get_batch(batches, i, bptt, device)
    for name, got, wanted in zip(("data", "targets"), found, expected, strict=True):
        title = f"{name} of {batches.shape}, i = {i}, bptt = {bptt}"
        assert_close(got[0], wanted, rtol=0, atol=0, dtype="float32", name=title)
        places.check_place(got, device, title)
