"""The first errors that a compiler found, as a student can read them.

Lines of source that a compiler quotes are left out, and so is what it says about files that are
neither the student's nor a system header: no word of a file that he should not see gets out so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from grader import sanitize

#: errors that are told, and characters of one
TOLD, LONGEST = 5, 300

_ERROR = re.compile(r"(?P<path>[^:\n]+):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<text>.*)")
#: what the assembler says of lines that the compiler wrote
_ASSEMBLER = re.compile(r"[^:\n]*\.s:\d+: Error: (?P<text>.*)")
_PLACE = re.compile(r"(?:In file included from |\s+from )?(?P<path>[^:\n]+):(?P<line>\d+)")
_SYSTEM = ("/usr/", "/opt/")
_ABSOLUTE = re.compile(r"(?<![\w.])/(?:[^\s/:]+/)*([^\s/:]+)")


def first_errors(complaint: bytes, sources: Collection[str]) -> list[str]:
    """Return `src/x.cc:12: error: text` for the first errors, and how many more there are."""
    text = sanitize.text(complaint.decode("utf-8", "replace"), 4 * sanitize.TEXT_LIMIT)
    found = list(dict.fromkeys(_errors(text.splitlines(), sources)))
    if not found:
        last = [line.strip() for line in text.splitlines() if line.strip()][-3:]
        found = [_ABSOLUTE.sub(r"\1", line) for line in last]
    shown = [sanitize.shorten(line, LONGEST).replace("\n", " ") for line in found[:TOLD]]
    more = len(found) - len(shown)
    return [*shown, *([f"and {more} more errors"] if more else [])]


def _errors(lines: Collection[str], sources: Collection[str]) -> Iterator[str]:
    """Yield errors at the line of the student's file that they are in or come from."""
    place = next(iter(sources), "")
    for line in lines:
        where = _PLACE.match(line)
        if where and where["path"] in sources:
            place = f"{where['path']}:{where['line']}"
        if said := _ASSEMBLER.match(line):
            text = _ABSOLUTE.sub(r"\1", said["text"])
            yield f"{place}: error: {text} (in assembler code)"
        error = _ERROR.match(line)
        if error is None:
            continue
        if error["path"] in sources:
            yield f"{place}: error: {error['text']}"
        elif error["path"].startswith(_SYSTEM):
            yield f"{place}: error: {error['text']} (in {error['path'].rpartition('/')[2]})"
        else:
            yield f"{place}: error: this leads to errors in a file that is not yours"
