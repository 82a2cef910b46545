"""C++ source text cut into lexemes, just well enough to edit it in place."""

from __future__ import annotations

import dataclasses
import re

_DIRECTIVE = r"(?P<directive> ^[^\S\n]*\#(?:\\\r?\n|/\*.*?\*/|[^\n])* ) |"
_OTHERS = r"""
      (?P<blank>     (?:\s|\\\r?\n)+ | //(?:\\\r?\n|[^\n])* | /\*.*?\*/ )
    | (?P<string>    R"(?P<fence>[^()\\\s]{0,16})\(.*?\)(?P=fence)"
                   | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
    | (?P<number>    \.?\d(?:[eEpP][+-]|'?[\w.])* )
    | (?P<word>      [^\W\d]\w* )
    | (?P<sign>      <<<|::|->|\#\#|. )
"""
_FLAGS = re.VERBOSE | re.DOTALL | re.MULTILINE
_IN_CODE = re.compile(_DIRECTIVE + _OTHERS, _FLAGS)
_IN_DIRECTIVE = re.compile(_OTHERS, _FLAGS)
PAIRS = {"(": ")", "[": "]", "{": "}"}


@dataclasses.dataclass
class Lexeme:
    """A piece of a text; what an edit puts before it, in its place and after it is changed here."""

    kind: str
    text: str
    before: str = ""
    after: str = ""

    def remove(self) -> None:
        """Leave nothing but the ends of the lines."""
        self.text = re.sub(r"[^\n\r\\]", "", self.text) if self.kind == "blank" else ""


def cut(text: str, *, in_directive: bool) -> list[Lexeme]:
    """Return the lexemes of a text, which together are the text."""
    pattern = _IN_DIRECTIVE if in_directive else _IN_CODE
    return [Lexeme(str(match.lastgroup), match.group()) for match in pattern.finditer(text)]


def paste(lexemes: list[Lexeme]) -> str:
    """Return the edited text."""
    return "".join(lexeme.before + lexeme.text + lexeme.after for lexeme in lexemes)


def closing(lexemes: list[Lexeme], start: int) -> int | None:
    """Return the index of the bracket that closes the one at `start`."""
    depth = 0
    for index in range(start, len(lexemes)):
        lexeme = lexemes[index]
        if lexeme.kind == "sign":
            depth += (lexeme.text in PAIRS) - (lexeme.text in PAIRS.values())
            if depth == 0:
                return index
    return None


def opening(lexemes: list[Lexeme], end: int) -> int | None:
    """Return the index of the bracket that the one at `end` closes."""
    depth = 0
    for index in range(end, -1, -1):
        lexeme = lexemes[index]
        if lexeme.kind == "sign":
            depth += (lexeme.text in PAIRS.values()) - (lexeme.text in PAIRS)
            if depth == 0:
                return index
    return None


def previous(lexemes: list[Lexeme], index: int) -> int:
    """Return the index of the last lexeme before `index` that is no blank; -1 if there is none."""
    index -= 1
    while index >= 0 and lexemes[index].kind == "blank":
        index -= 1
    return index


def following(lexemes: list[Lexeme], index: int) -> int:
    """Return the index of the first lexeme after `index` that is no blank."""
    index += 1
    while index < len(lexemes) and lexemes[index].kind == "blank":
        index += 1
    return index
