"""Where a key of a TOML text is written, for errors that name a line."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence

#: names of tables and keys, and positions in arrays, from the outside in
Keys = tuple[str | int, ...]

_NAME = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=(.*)$")
_STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'')
_MULTILINE = re.compile(r'"""|\'\'\'')
#: an element of an array of strings or numbers
_ELEMENT = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|[^\s,\[\]]+')


def locate(text: str, keys: Sequence[str | int]) -> int:
    """Return the line of `keys` in `text`, or of the innermost table around them."""
    lines = _lines(text)
    for length in range(len(keys), 0, -1):
        if (line := lines.get(tuple(keys[:length]))) is not None:
            return line
    return 1


@functools.lru_cache(maxsize=8)
def _lines(text: str) -> Mapping[Keys, int]:
    """Return the first line of every key; a manifest is asked about hundreds of them."""
    lines: dict[Keys, int] = {}
    for found, number in _entries(text):
        lines.setdefault(found, number)
    return lines


def _entries(text: str) -> Iterator[tuple[Keys, int]]:
    """Yield every table, key and array element with its line."""
    table: Keys = ()
    counts: dict[Keys, int] = {}
    array: _Array | None = None
    is_quoted = False
    for number, line in enumerate(text.splitlines(), start=1):
        starts_quoted = is_quoted
        is_quoted ^= len(_MULTILINE.findall(line)) % 2 == 1
        if starts_quoted:
            continue
        if array is not None and array.is_open:
            yield from array.elements(line, number)
        elif header := _HEADER.match(line):
            table = _table(_names(header[2]), header[1] == "[[", counts)
            yield table, number
        elif key := _KEY.match(line):
            path = table + _names(key[1])
            yield path, number
            array = _Array(path) if key[2].lstrip().startswith("[") else None
            if array is not None:
                yield from array.elements(key[2], number)


class _Array:
    """Counts the elements of an array that may go over several lines."""

    def __init__(self, path: Keys) -> None:
        self._path = path
        self._length = 0
        self._depth = 0

    @property
    def is_open(self) -> bool:
        return self._depth > 0

    def elements(self, line: str, number: int) -> Iterator[tuple[Keys, int]]:
        bare = _STRING.sub('""', line).split("#")[0]
        self._depth += bare.count("[") - bare.count("]")
        for element in _ELEMENT.findall(line):
            if element.startswith("#"):
                return
            yield (*self._path, self._length), number
            self._length += 1


def _names(dotted: str) -> Keys:
    return tuple(part.strip("\"' ") for part in re.findall(_NAME, dotted))


def _table(names: Keys, is_array: bool, counts: dict[Keys, int]) -> Keys:
    """Return the path of a table header, with the positions of the arrays of tables it is in."""
    path: Keys = ()
    for name in names[:-1]:
        path += (name,)
        if path in counts:
            path += (counts[path] - 1,)
    path += names[-1:]
    if is_array:
        counts[path] = counts.get(path, 0) + 1
        path += (counts[path] - 1,)
    return path
