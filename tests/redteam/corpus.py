"""The corpus: attacks on disk, and the submissions that they become."""

from __future__ import annotations

import dataclasses
import functools
import re
import runpy
import tomllib
from collections.abc import Mapping
from pathlib import Path

from tests.redteam import course
from tests.redteam.sink import Target

ATTACKS = course.HERE / "attacks"
#: where the parts of an attack go in a submission
KIT, CODE, ENTRY = "python/needle/_kit.py", "python/needle/_attack.py", "python/needle/__init__.py"
OPERATORS, TRAINING = "python/needle/ops/ops_mathematic.py", "apps/simple_ml.py"
TARGET, HEADER = "python/needle/_target.py", "src/target.h"

#: honest mistakes: the operator that is wrong, and the tests that it costs
BREAKS: Mapping[str, tuple[str, frozenset[str]]] = {
    "divide": (
        '_kit.sabotage(EWiseDiv, "compute", lambda self, a, b: a[:1] * 0)',
        frozenset(
            {
                "test_divide",
                "test_divide_values",
                "test_divide_exact",
                "test_divide_shape",
                "test_divide_total",
                "test_divide_driver",
                "test_divide_everywhere",
                "test_divide_largest_error",
                "test_nn_epoch",  # the gradient of log divides
            }
        ),
    ),
    "power": (
        '_kit.sabotage(PowerScalar, "compute", lambda self, a: a * 0)',
        frozenset({"test_power"}),
    ),
}
ALL = "all"
#: what tries the sandbox itself: by class (escape, read, native), and by id
CLASSES = frozenset("ERN")
IDS = re.compile(r"T1[678]|X[34]|X7|X27|X28|X30")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Attack:
    """One attack of the catalog; see README.md for the meaning of each key of attack.toml."""

    folder: Path
    id: str
    title: str
    how: str
    outcome: str = "inert"
    breaks: tuple[str, ...] = ()
    lost: tuple[str, ...] | str | None = None
    status: tuple[str, ...] = ("failed", "error")
    flagged: bool | None = None
    forbidden: tuple[str, ...] = ()
    weak: str | None = None
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the submission."""
        return self.folder.name

    @property
    def is_native(self) -> bool:
        """Whether it comes in the native code of its submission."""
        return (self.folder / "native.cc").exists()

    def loses(self, everything: frozenset[str]) -> frozenset[str]:
        """Return the tests that the submission honestly loses."""
        if self.lost == ALL:
            return everything
        broken = (BREAKS[name][1] for name in self.breaks)
        return frozenset(self.lost or ()).union(*broken)


def load(folder: Path) -> Attack:
    """Read one attack."""
    data = tomllib.loads((folder / "attack.toml").read_text())
    lists = {key: tuple(value) for key, value in data.items() if isinstance(value, list)}
    return Attack(folder=folder, **{**data, **lists})


@functools.cache
def attacks() -> tuple[Attack, ...]:
    """Return the whole corpus, in the order of the catalog's classes."""
    return tuple(load(path.parent) for path in sorted(ATTACKS.glob("*/attack.toml")))


def on_the_sandbox() -> tuple[Attack, ...]:
    """Return the attacks whose outcome a back end decides.

    All others (answers, comparisons, the protocol, archives) meet code that back ends share.
    """
    return tuple(
        attack
        for attack in attacks()
        if attack.outcome != "rejected"
        and (attack.id[0] in CLASSES or IDS.fullmatch(attack.id.partition(".")[0]))
    )


@functools.cache
def right() -> Mapping[str, bytes]:
    """Return the correct solution that attacks are derived from."""
    paths = sorted(path for path in course.RIGHT.rglob("*.py"))
    made = {path.relative_to(course.RIGHT).as_posix(): path.read_bytes() for path in paths}
    return made | {course.NATIVE: (course.HERE / "native.cc").read_bytes()}


def files(attack: Attack, target: Target) -> dict[str, bytes]:
    """Return the files of a submission; `target` says what there is to be reached."""
    made = dict(right())
    if (attack.folder / "archive.py").exists():
        return made
    made[KIT] = (course.HERE / "kit.py").read_bytes()
    made[TARGET] = target.module().encode()
    for name in attack.breaks:
        made[OPERATORS] += f"\n\nfrom .. import _kit\n\n{BREAKS[name][0]}\n".encode()
    if (attack.folder / "attack.py").exists():
        made[CODE] = (attack.folder / "attack.py").read_bytes()
        made[ENTRY] += b"\nfrom . import _attack\n"
    if attack.is_native:
        made[course.NATIVE] = (attack.folder / "native.cc").read_bytes()
        made[HEADER] = target.header().encode()
        made["src/attack.h"] = (course.HERE / "native_attack.h").read_bytes()
        made[CODE] = (course.HERE / "native_attack.py").read_bytes()
        made[ENTRY] += b"\nfrom . import _attack\n"
    if (attack.folder / "simple_ml.py").exists():
        made[TRAINING] += b"\n\n" + (attack.folder / "simple_ml.py").read_bytes()
    if (attack.folder / "files.toml").exists():
        extra = tomllib.loads((attack.folder / "files.toml").read_text())
        made |= {path: text.encode("latin-1") for path, text in extra.items()}
    return made


def build(attack: Attack, folder: Path, target: Target) -> Path:
    """Write the submission of `attack` below `folder` and return its path."""
    made = files(attack, target)
    if (attack.folder / "archive.py").exists():
        inner = folder / "archives" / attack.name
        inner.mkdir(parents=True)
        path: Path = runpy.run_path(str(attack.folder / "archive.py"))["build"](inner, made)
        named = folder / (attack.name + "".join(path.suffixes))
        path.rename(named)
        return named
    return write(folder / attack.name, made)


def write(folder: Path, made: Mapping[str, bytes]) -> Path:
    """Write a submission as a folder."""
    for name, data in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
