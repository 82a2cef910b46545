"""Text from the student's side, made safe to store, to show in a terminal, and to put in a page."""

from __future__ import annotations

import re
import unicodedata

#: characters of one message that anybody will read
TEXT_LIMIT = 20_000
#: characters of a name inside a sentence
NAME_LIMIT = 200
#: characters of a folder name that every file system takes
FOLDER_LIMIT = 100

REPLACEMENT = "\ufffd"

#: what terminals obey: CSI, then strings such as window titles and clipboard writes, then the rest
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
#: controls, surrogates, noncharacters, and marks that reorder or hide what follows them
_UNSAFE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
#: categories of characters that a name has no use for: controls, formats, surrogates, private use,
#: unassigned, line and paragraph ends
_HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_NOT_IN_FOLDER = re.compile(r"[^A-Za-z0-9._-]+")


def text(value: str, limit: int = TEXT_LIMIT) -> str:
    """Return `value` as plain lines: no controls but newline and tab, at most about `limit` long.

    Shortening comes first, so that a message of any size costs little.
    """
    value = _LINE_ENDS.sub("\n", _ESCAPES.sub("", shorten(value, limit)))
    return _UNSAFE.sub(REPLACEMENT, value)


def decode(data: bytes, limit: int = TEXT_LIMIT) -> str:
    """Return output of an untrusted process as safe text."""
    return text(data.decode("utf-8", errors="replace"), limit)


def shorten(value: str, limit: int) -> str:
    """Return the beginning and the end of `value`, with how much is left out between them."""
    if len(value) <= limit:
        return value
    head, tail = limit - limit // 2, limit // 2
    left_out = len(value) - head - tail
    return f"{value[:head]}\n[... {left_out} characters left out ...]\n{value[len(value) - tail :]}"


def name(value: str, limit: int = NAME_LIMIT) -> str:
    """Return a name from outside as it can stand in a sentence: on one line, nothing invisible."""
    shown = "".join(_visible(character) for character in value[: 4 * limit])
    if len(shown) <= limit and len(value) <= 4 * limit:
        return shown
    half = limit // 2
    return f"{shown[:half]}...{shown[-half:]}"


def _visible(character: str) -> str:
    if is_hidden(character):
        return character.encode("unicode_escape", "surrogatepass").decode("ascii")
    return character


def is_hidden(character: str) -> bool:
    """Tell whether a character of a name cannot be seen, or changes how others are seen."""
    return unicodedata.category(character) in _HIDDEN_CATEGORIES


def folder_name(value: str, default: str = "submission") -> str:
    """Return `value` as the name of a folder that needs no quoting anywhere."""
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode("ascii")
    return _NOT_IN_FOLDER.sub("_", plain).strip("._-")[:FOLDER_LIMIT].rstrip("._-") or default
