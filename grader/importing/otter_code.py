"""What otter's markers in a solution cell mean for a module with our markers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.importing.code import BEGIN, END
from grader.importing.draft import Draft

_BLOCK = re.compile(
    r"^\s*(?:\"\"\"\s*)?#\s*BEGIN (SOLUTION|PROMPT|IGNORE|PLUGIN)( NO PROMPT)?\s*;?$"
)
_LINE = re.compile(r"#\s*(SOLUTION|SOLUTION NO PROMPT|SEED|IGNORE)\s*$")


def translate(source: str, place: str, draft: Draft) -> str:
    """Return code with our markers; what students would have seen instead is said."""
    return "\n".join(_joined(_lines(source, place, draft)))


def _lines(source: str, place: str, draft: Draft) -> Iterator[str]:
    inside = ""
    for line in source.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        begin, mark = _BLOCK.match(line), _LINE.search(line)
        if inside:
            if re.search(rf"#\s*END {inside}\s*;?$", line.rstrip()):
                if inside == "SOLUTION":
                    yield indent + END
                inside = ""
            elif inside == "SOLUTION":
                yield line
        elif begin:
            inside = begin[1]
            if inside == "SOLUTION":
                yield indent + BEGIN
            else:
                draft.lose(place, f"a {inside.lower()} block is not carried over")
        elif mark and mark[1].startswith("SOLUTION"):
            yield from (indent + BEGIN, line[: mark.start()].rstrip(), indent + END)
        elif mark and mark[1] == "SEED":
            draft.lose(place, f"students get this line, too: {line.strip()}")
            yield line[: mark.start()].rstrip()
        elif not mark:
            yield line
    if inside:
        draft.lose(place, f"# BEGIN {inside} has no end")
        if inside == "SOLUTION":
            yield END


def _joined(lines: Iterator[str]) -> list[str]:
    """Make one block of blocks that touch."""
    made: list[str] = []
    for line in lines:
        is_next = bool(made) and line.strip() == BEGIN and made[-1].strip() == END
        if is_next and made[-1].removesuffix(END) == line.removesuffix(BEGIN):
            made.pop()
        else:
            made.append(line)
    return made
