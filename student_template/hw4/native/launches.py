"""CUDA source text rewritten for a C++ compiler.

    kernel<<<grid, block>>>(a, b)      CUDA_EMULATION_LAUNCH(kernel).on(grid, block)(a, b)
    __shared__ float tile[8][8];       see shared_memory.py

Every line stays where it is; strings, comments and everything else stay as they are. The edits are
local, so that they work in macros, too, whose parameters may paste the kernel's name.
"""

from __future__ import annotations

from . import shared_memory
from .lexemes import Lexeme, cut, opening, paste, previous

#: what a kernel's name is built with: namespaces, members, pasted names
_JOINTS = {"::", ".", "->", "##"}


def rewrite(text: str, *, in_macro: bool = False) -> str:
    """Return the text with launches and shared memory in C++."""
    lexemes = cut(text, in_directive=in_macro)
    for lexeme in lexemes:
        if lexeme.kind == "directive":
            lexeme.text = rewrite(lexeme.text, in_macro=True)
        elif lexeme.text == "__noinline__":  # a macro of this name would break the C++ library
            lexeme.text = "__attribute__((__noinline__))"
    for index, lexeme in enumerate(lexemes):
        if lexeme.kind == "sign" and lexeme.text == "<<<":
            _rewrite_launch(lexemes, index)
        elif lexeme.kind == "word" and lexeme.text == "__shared__":
            shared_memory.rewrite(lexemes, index, in_macro=in_macro)
    return paste(lexemes)


def _rewrite_launch(lexemes: list[Lexeme], index: int) -> None:
    end = _configuration_end(lexemes, index)
    first = _kernel_start(lexemes, index)
    if end is None or first is None:
        return  # no launch; the compiler will say so
    lexemes[first].before = "CUDA_EMULATION_LAUNCH(" + lexemes[first].before
    lexemes[index].text = ").on("
    lexemes[end].text = lexemes[end + 1].text = ""
    lexemes[end + 2].text = ")"


def _configuration_end(lexemes: list[Lexeme], index: int) -> int | None:
    """Return the index of the first sign of the `>>>` that ends a configuration.

    Template arguments inside may end in `>>>` as well: as many of the signs as there are open `<`.
    """
    angles, depth = 0, 0
    position = index + 1
    while position < len(lexemes):
        text = lexemes[position].text if lexemes[position].kind == "sign" else ""
        if text == "<<<":
            return None
        if text in ("(", "[", "{"):
            depth += 1
        elif text in (")", "]", "}", ";"):
            depth -= 1
        elif depth == 0 and text == "<":
            angles += 1
        elif depth == 0 and text == ">":
            run = _run(lexemes, position)
            if run >= 3 and angles < run:
                return position + run - 3
            angles = max(0, angles - run)
            position += run - 1
        if depth < 0:
            return None
        position += 1
    return None


def _run(lexemes: list[Lexeme], position: int) -> int:
    """Return how many `>` follow each other."""
    end = position
    while end < len(lexemes) and lexemes[end].text == ">":
        end += 1
    return end - position


def _kernel_start(lexemes: list[Lexeme], index: int) -> int | None:
    """Return the index of the first lexeme of the kernel that a launch at `index` names."""
    start = None
    position = previous(lexemes, index)
    while position >= 0:
        first = _operand_start(lexemes, position)
        if first is None:
            break
        start = first
        joint = previous(lexemes, first)
        if joint < 0 or lexemes[joint].text not in _JOINTS:
            break
        start = joint  # also the leading `::` of a global name
        position = previous(lexemes, joint)
        if lexemes[joint].text == "::" and not _names(lexemes, position):
            break
    return start


def _operand_start(lexemes: list[Lexeme], end: int) -> int | None:
    """Return where `name`, `name<...>`, `name(...)`, `name[...]` or `(...)` starts."""
    position = end
    while position >= 0:
        lexeme = lexemes[position]
        if lexeme.kind in ("word", "number"):
            return position
        if lexeme.text == ">":
            bracket = _angle_start(lexemes, position)
        elif lexeme.text in (")", "]"):
            bracket = opening(lexemes, position)
        else:
            return None
        if bracket is None:
            return None
        before = previous(lexemes, bracket)
        if lexeme.text == ")" and not _names(lexemes, before):
            return bracket
        position = before
    return None


def _names(lexemes: list[Lexeme], index: int) -> bool:
    """Tell whether a bracket after this lexeme belongs to it: a call, template arguments."""
    if index < 0:
        return False
    lexeme = lexemes[index]
    if lexeme.kind == "word":
        return lexeme.text not in ("return", "else", "do", "if", "for", "while", "switch")
    return lexeme.text in (">", "]")


def _angle_start(lexemes: list[Lexeme], end: int) -> int | None:
    """Return the index of the `<` that opens the template arguments ending here."""
    depth = 0
    position = end
    while position >= 0:
        lexeme = lexemes[position]
        if lexeme.kind == "sign":
            if lexeme.text == ">":
                depth += 1
            elif lexeme.text == "<":
                depth -= 1
                if depth == 0:
                    return position
            elif lexeme.text in (")", "]", "}"):
                bracket = opening(lexemes, position)
                if bracket is None:
                    return None
                position = bracket
            elif lexeme.text in (";", "{", "<<<"):
                return None
        position = previous(lexemes, position)
    return None
