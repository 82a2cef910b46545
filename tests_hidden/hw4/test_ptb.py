"""Reading Penn Treebank: other texts, and edges of batches."""

import places
import texts


def test_dictionary(rng):
    """The numbers of words, new and known ones."""
    texts.check_dictionary([f"w{i}" for i in rng.integers(0, 9, 40)])


def test_dictionary_without_words():
    """A new dictionary is empty, and the first word has the number 0."""
    texts.check_dictionary([])
    texts.check_dictionary(["", "the", ""])


def test_corpus(tmp_path, rng):
    """Both texts as numbers; words of the test text are in the dictionary, too."""
    train, test = texts.draw_lines(rng, 12, words=9), texts.draw_lines(rng, 6, words=14)
    texts.check_corpus(tmp_path, train, test)


def test_corpus_of_some_lines(tmp_path, rng):
    """max_lines limits the lines of each file, and may be larger than their number."""
    train, test = texts.draw_lines(rng, 9), texts.draw_lines(rng, 4)
    for lines in (1, 3, 6, 20):
        texts.check_corpus(tmp_path, train, test, max_lines=lines)


def test_corpus_with_empty_lines(tmp_path):
    """An empty line is '<eos>' alone, and white space is no word."""
    train = [["a"], [], ["b", "", "a"], ["<unk>", "N", "<unk>"]]
    folder = texts.write(tmp_path, train, [[]])
    words, found, *_ = texts.read(folder, None)
    lines = [[word for word in line if word] for line in train]
    expected, numbers = texts.numbered(lines, [[]])
    assert words == expected, f"the words are {words}"
    assert found == numbers, "the numbers of the words"


def test_batchify(rng):
    """Columns of texts whose length the number of columns divides, or does not."""
    for count, columns in ((24, 4), (26, 4), (7, 3), (5, 5), (9, 1), (3, 2)):
        texts.check_batchify(rng.integers(0, 50, count), columns)


def test_dtype_of_columns(rng):
    """The columns have the dtype that is asked for."""
    for dtype in ("float32", "int32"):
        texts.check_batchify(rng.integers(0, 50, 11), 2, dtype)


def test_get_batch(rng):
    """Data and targets from the start and from the middle, for one column and more."""
    for columns in (1, 2, 5):
        batches = rng.integers(0, 50, (9, columns))
        for i, bptt in ((0, 3), (2, 1), (4, 4), (7, 1)):
            texts.check_get_batch(batches, i, bptt)


def test_last_batches(rng):
    """At the end there are fewer rows, down to one."""
    batches = rng.integers(0, 50, (9, 3))
    for i, bptt in ((6, 5), (7, 40), (0, 9), (0, 8), (5, 3)):
        texts.check_get_batch(batches, i, bptt)


def test_other_devices(rng):
    """Data and targets are on the device that is asked for."""
    for device in places.others():
        texts.check_get_batch(rng.integers(0, 50, (6, 2)), 1, 3, device)
