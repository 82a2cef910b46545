"""Known holes in what runs containers, by the version that closed them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple


class Hole(NamedTuple):
    """A way out of a container."""

    cve: str
    #: part of the engine, as it names itself
    component: str
    #: the first version of each release series that has no such hole
    fixed: tuple[tuple[int, ...], ...]
    what: str


HOLES = (
    Hole("CVE-2024-21626", "runc", ((1, 1, 12),), "a leaked descriptor leads out of the container"),
    Hole(
        "CVE-2025-31133, CVE-2025-52565 and CVE-2025-52881",
        "runc",
        ((1, 2, 8), (1, 3, 3)),
        "a race of mounts can undo masked paths",
    ),
    Hole(
        "CVE-2024-0132",
        "nvidia-container-toolkit",
        ((1, 16, 2),),
        "an image can mount the machine's files",
    ),
    Hole(
        "CVE-2025-23266",
        "nvidia-container-toolkit",
        ((1, 17, 8),),
        "an image can run code as root outside",
    ),
)


def warnings(version: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the holes of an engine that says it has these components."""
    found = {str(part["Name"]): str(part["Version"]) for part in version.get("Components", ())}
    return of(found)


def of(components: Mapping[str, str]) -> tuple[str, ...]:
    """Name the holes of components by name and version."""
    return tuple(
        f"{hole.component} {components[hole.component]} has {hole.cve} ({hole.what}), closed in "
        f"{' and '.join('.'.join(map(str, fix)) for fix in hole.fixed)}: update it, unless your "
        "distribution says that its package has the fix"
        for hole in HOLES
        if hole.component in components and not _is_closed(hole, components[hole.component])
    )


def _is_closed(hole: Hole, version: str) -> bool:
    number = tuple(map(int, re.findall(r"\d+", version)[:3]))
    same_series = [fix for fix in hole.fixed if fix[:2] == number[:2]]
    return number >= (same_series[0] if same_series else hole.fixed[-1])
