"""Right submissions, and the small changes that make others of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

Files = dict[str, bytes]

INIT = "python/needle/__init__.py"
AUTOGRAD = "python/needle/autograd.py"
OPS = "python/needle/ops/ops_mathematic.py"
ML = "apps/simple_ml.py"


def tree(folder: Path) -> Files:
    """Read the Python files of a submission."""
    paths = sorted(p for top in ("python", "apps") for p in (folder / top).rglob("*.py"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def reference() -> Files:
    return tree(ROOT / "reference_solution")


def example() -> Files:
    return tree(ROOT / "examples" / "submissions" / "hw1" / "right")


def classic() -> Files:
    """Return a right solution on another hand-out, whose modules import each other in a circle."""
    return tree(HERE / "classic")


def old() -> Files:
    """Return `classic` in the layout of older years: ops.py and init.py."""
    files = classic()
    ops = files.pop(OPS).replace(b"from ..autograd", b"from .autograd")
    files["python/needle/init.py"] = files.pop("python/needle/init/init_basic.py")
    del files["python/needle/ops/__init__.py"], files["python/needle/init/__init__.py"]
    return files | {"python/needle/ops.py": ops}


def template() -> Files:
    from grader import manifest, release

    files = release.build(manifest.load(ROOT / "assignments" / "hw1.toml")).files
    return {path: data for path, data in files.items() if path.startswith(("python/", "apps/"))}


@dataclasses.dataclass(frozen=True)
class Made:
    """A base, and what is done to it one after the other."""

    base: Callable[[], Files]
    steps: tuple[Callable[[Files], None], ...] = ()

    def files(self) -> Files:
        files = dict(self.base())
        for step in self.steps:
            step(files)
        return files


def swap(path: str, old: str, new: str, *more: str) -> Callable[[Files], None]:
    """Replace one text by another, and further pairs likewise."""
    pairs = [(old, new), *zip(more[::2], more[1::2], strict=True)]

    def step(files: Files) -> None:
        text = files[path].decode()
        for before, after in pairs:
            assert text.count(before) >= 1, f"{path} has no {before!r}"
            text = text.replace(before, after, 1)
        files[path] = text.encode()

    return step


def add(path: str, data: str | bytes) -> Callable[[Files], None]:
    """Add or replace a file."""

    def step(files: Files) -> None:
        files[path] = data.encode() if isinstance(data, str) else data

    return step


def first(path: str, text: str) -> Callable[[Files], None]:
    """Put text before the first line of a file."""

    def step(files: Files) -> None:
        files[path] = text.encode() + files[path]

    return step


def last(path: str, text: str) -> Callable[[Files], None]:
    """Put text behind the last line of a file."""

    def step(files: Files) -> None:
        files[path] += text.encode()

    return step


def body(path: str, owner: str, name: str, *lines: str) -> Callable[[Files], None]:
    """Replace the body of a function, or of a method of a class, of `classic`."""

    def step(files: Files) -> None:
        text = files[path].decode().split("\n")
        at = (
            0
            if not owner
            else next(i for i, line in enumerate(text) if line.startswith(f"class {owner}("))
        )
        start = next(i for i in range(at, len(text)) if text[i].lstrip().startswith(f"def {name}("))
        indent = len(text[start]) - len(text[start].lstrip()) + 4
        end = start + 1
        while end < len(text) and (not text[end].strip() or text[end].startswith(" " * indent)):
            end += 1
        text[start + 1 : end] = [" " * indent + line for line in lines] + ["", ""]
        files[path] = "\n".join(text).encode()

    return step


def every(change: Callable[[bytes], bytes]) -> Callable[[Files], None]:
    """Change the bytes of all files."""

    def step(files: Files) -> None:
        for path in files:
            files[path] = change(files[path])

    return step


def without(*paths: str) -> Callable[[Files], None]:
    def step(files: Files) -> None:
        for path in paths:
            del files[path]

    return step


def homework_2(files: Files) -> None:
    """Add modules of the next homework, which students have copied back."""
    files["python/needle/nn.py"] = (
        b"import needle.init as init\nfrom needle import ops\n"
        b"from needle.autograd import Tensor\n\n\n"
        b"class Parameter(Tensor):\n    pass\n\n\nclass Module:\n    def __init__(self):\n"
        b"        self.training = True\n\n    def __call__(self, *args):\n"
        b"        return self.forward(*args)\n\n\nclass Linear(Module):\n"
        b"    def __init__(self, n, m):\n        super().__init__()\n"
        b"        self.weight = Parameter(init.randn(n, m))\n\n    def forward(self, x):\n"
        b"        return ops.matmul(x, self.weight)\n"
    )
    files["python/needle/optim.py"] = (
        b"class SGD:\n    def __init__(self, params, lr=0.01):\n"
        b"        self.params, self.lr, self.u = params, lr, {}\n\n    def step(self):\n"
        b"        for p in self.params:\n            p.data = p.data - self.lr * p.grad.data\n"
    )
    files["python/needle/data.py"] = (
        b"import gzip\nimport numpy as np\n\n\nclass Dataset:\n    def __len__(self):\n"
        b"        raise NotImplementedError\n"
    )
    files[INIT] += b"from . import data, nn, optim\n"


def tabs(data: bytes) -> bytes:
    lines = data.split(b"\n")
    return b"\n".join(b"\t" * ((len(x) - len(x.lstrip(b" "))) // 4) + x.lstrip(b" ") for x in lines)
