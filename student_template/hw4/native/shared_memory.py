"""Declarations of shared memory in C++.

__shared__ float tile[8][8];      typedef float shared_tile[8][8]; and a static variable of the
                                  type, in a frame that makes it new in every block
extern __shared__ float rest[];   a pointer to the block's dynamic shared memory
"""

from __future__ import annotations

from .lexemes import PAIRS, Lexeme, closing, following, opening, previous

_QUALIFIERS = {"static", "extern", "volatile", "const", "alignas"}
_ALIGNMENTS = {"__align__", "alignas", "__attribute__"}


def rewrite(lexemes: list[Lexeme], index: int, *, in_macro: bool) -> None:
    """Rewrite the declaration that the `__shared__` at `index` belongs to.

    What is no declaration in one piece (a macro's half) stays: `__shared__` alone means `static`.
    """
    end = _end(lexemes, index)
    if end is None:
        return
    first = _start(lexemes, index)
    words = {lexeme.text for lexeme in lexemes[first:index]} | {
        lexeme.text for lexeme in lexemes[index : following(lexemes, index) + 1]
    }
    if "extern" in words:
        _rewrite_dynamic(lexemes, first, end)
    else:
        _rewrite_static(lexemes, first, index, end, "##" if in_macro else "")


def _rewrite_static(lexemes: list[Lexeme], first: int, index: int, end: int, paste: str) -> None:
    """Turn the declaration into one of types, and declare variables of them."""
    names = [_name(part) for part in _declarators(lexemes, index, end)]
    if not all(names):
        return
    for lexeme in lexemes[first:end]:
        if lexeme.text == "static":
            lexeme.remove()
    lexemes[index].text = "typedef"
    for tokens in names:
        name = "".join(lexeme.text for lexeme in tokens)
        # in a macro, the name may be a parameter
        tokens[0].before = prefix = f"cuda_shared_{paste}"
        lexemes[end].after += f" CUDA_EMULATION_SHARED({prefix}{name}, {name})"


def _rewrite_dynamic(lexemes: list[Lexeme], first: int, end: int) -> None:
    """Turn `extern __shared__ T name[][8];` into a pointer to the block's dynamic memory."""
    position = first
    while position < end:
        lexeme = lexemes[position]
        if lexeme.text in _ALIGNMENTS:
            bracket = closing(lexemes, following(lexemes, position))
            for part in lexemes[position : (position if bracket is None else bracket) + 1]:
                part.remove()
        elif lexeme.text in ("extern", "__shared__"):
            lexeme.remove()
        position += 1
    bracket = next((at for at in range(first, end) if lexemes[at].text == "["), None)
    close = closing(lexemes, bracket) if bracket is not None else None
    if bracket is None or close is None:
        return  # `extern __shared__ T name;` has no size and is no use
    name = previous(lexemes, bracket)
    kind = "".join(lexeme.text for lexeme in lexemes[first:name])
    kind = " ".join(kind.replace("\\\n", " ").split())
    rest = "".join(lexeme.text for lexeme in lexemes[close + 1 : end]).strip()
    for lexeme in lexemes[bracket : close + 1]:
        lexeme.remove()
    lexemes[name].before = "(*const "
    lexemes[name].after = ")"
    lexemes[end].before = f" = reinterpret_cast<{kind} (*){rest}>(::cuda_emulation::dynamic_shared)"


def _end(lexemes: list[Lexeme], index: int) -> int | None:
    """Return the index of the declaration's semicolon."""
    position: int | None = following(lexemes, index)
    while position is not None and position < len(lexemes):
        lexeme = lexemes[position]
        if lexeme.text == "__shared__":
            return None
        if lexeme.kind == "sign":
            if lexeme.text == ";":
                return position
            if lexeme.text in PAIRS:
                position = closing(lexemes, position)
                if position is None:
                    return None
            elif lexeme.text in PAIRS.values():
                return None
        position += 1
    return None


def _start(lexemes: list[Lexeme], index: int) -> int:
    """Return the index of the declaration's first qualifier or type before `__shared__`."""
    start = index
    position = previous(lexemes, index)
    while position >= 0:
        lexeme = lexemes[position]
        if lexeme.text == ")":
            bracket = opening(lexemes, position)
            before = previous(lexemes, bracket) if bracket is not None else -1
            if before < 0 or lexemes[before].text not in _ALIGNMENTS:
                return start
            position = before
        elif lexeme.text not in _QUALIFIERS:
            return start
        start = position
        position = previous(lexemes, position)
    return start


def _declarators(lexemes: list[Lexeme], index: int, end: int) -> list[list[Lexeme]]:
    """Return the lexemes of each declarator, the first one with its type, without array bounds."""
    parts: list[list[Lexeme]] = [[]]
    angles, position = 0, index + 1
    while position < end:
        lexeme = lexemes[position]
        if lexeme.kind == "sign" and lexeme.text in PAIRS:
            bracket = closing(lexemes, position)
            position = end if bracket is None else bracket
            if lexeme.text != "[":
                parts[-1].append(lexeme)
        elif lexeme.text in ("<", ">"):
            angles += 1 if lexeme.text == "<" else -1
        elif lexeme.text == "," and angles == 0:
            parts.append([])
        elif lexeme.kind != "blank" and angles == 0:
            parts[-1].append(lexeme)
        position += 1
    return parts


def _name(part: list[Lexeme]) -> list[Lexeme]:
    """Return the lexemes of the name that a declarator declares; a macro may paste several."""
    if not part or part[-1].kind != "word":
        return []
    start = len(part) - 1
    while start >= 2 and part[start - 1].text == "##":
        start -= 2
    return part[start:]
