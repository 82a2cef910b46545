"""Layouts of older years: a package of modules written as one module."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from tests.parity.edit import Files

FOLDER = "python/needle"
#: what each package is written together from, in an order in which nothing is used too early
PACKAGES = {
    "ops": (
        "ops_mathematic",
        "ops_tuple",
        "ops_logarithmic",
        "ops_hyperbolic",
        "stacking",
        "ops_arrangement",
        "convolution",
        "ops_convolution",
        "lookup",
        "fused",
    ),
    "nn": ("softmax_loss", "nn_basic", "nn_conv", "nn_sequence", "lstm_layer", "recurrence"),
    "init": ("init_basic", "init_initializers"),
}
#: two meanings of a name that would meet in one module
_TWICE = (
    ("from operator import add\n", "import operator\n"),
    ("reduce(add,", "reduce(operator.add,"),
)


def flatten(files: Files, packages: Iterable[str]) -> Files:
    """Return a submission in which each of these packages is one module."""
    files = dict(files)
    for package in packages:
        inside = f"{FOLDER}/{package}/"
        texts = [files[f"{inside}{name}.py"].decode() for name in PACKAGES[package]]
        for path in [path for path in files if path.startswith(inside)]:
            del files[path]
        files[f"{FOLDER}/{package}.py"] = _together(texts, package).encode()
    return files


def _together(texts: Sequence[str], package: str) -> str:
    imports: dict[str, None] = {"from __future__ import annotations": None}
    bodies = []
    for text in texts:
        for old, new in _TWICE:
            text = text.replace(old, new)
        lines = text.split("\n")
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)  # type: ignore[operator]
            for line in _moved(node):
                if node.col_offset:  # in a function, or for type checkers only: it stays there
                    line = " " * node.col_offset + line
                    lines[node.lineno - 1] = line
                else:
                    imports[line] = None
            if node.col_offset and not lines[node.lineno - 1]:
                lines[node.lineno - 1] = " " * node.col_offset + "pass"
        bodies.append("\n".join(lines))
    return "\n".join([*imports, *bodies])


def _moved(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Yield an import as the one module has it; what came from the same package is there."""
    if isinstance(node, ast.ImportFrom) and node.level == 1:
        return
    if isinstance(node, ast.ImportFrom) and node.level == 2:
        node.level = 1
        name = (node.module or "").split(".")[0]
        node.module = name if name in PACKAGES else node.module
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return
    yield ast.unparse(node)
