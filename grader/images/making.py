"""Both images, from the Dockerfile of a clone, with labels that say what is in them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader import __version__
from grader.images import base, context
from grader.images.engine import Images, Say

#: target of the Dockerfile -> what is added to the name
TARGETS = {"worker": "-worker", "grader": ""}
LABEL = "needle.grader"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Made:
    """An image that was built."""

    name: str
    #: sha256 of its configuration, which names its layers
    id: str
    #: bytes, all layers together
    size: int


def build(
    images: Images, root: Path, *, name: str, wanted: str, fresh: bool, say: Say
) -> list[Made]:
    """Build the student's image and the whole one; `name` is that of the whole one."""
    under = base.obtain(images, root, wanted, fresh=fresh, say=say)
    found = context.files(root)
    arguments = {"BASE": under} | digests(found)
    made = []
    for target, suffix in TARGETS.items():
        full = f"{name}{suffix}:latest"
        number = images.build(
            context.archive(found),
            name=full,
            target=target,
            arguments=arguments,
            # the second is built on the first
            fresh=fresh and target == "worker",
            say=say,
        )
        about = images.find(full) or {}
        made.append(Made(name=full, id=number, size=int(about.get("Size", 0))))
    return made


def digests(found: Mapping[str, Path]) -> dict[str, str]:
    """Return the arguments of the Dockerfile that become labels."""
    return {
        "CONSTRAINTS_DIGEST": context.digest(found, context.CONSTRAINTS),
        "GRADER_DIGEST": context.digest(found, context.GRADER),
        "COURSE_DIGEST": context.digest(found, context.COURSE),
        "GRADER_VERSION": __version__,
    }


def labels(about: Mapping[str, Any]) -> dict[str, str]:
    """Return our labels of an image, without what their names have in common."""
    found = (about.get("Config") or {}).get("Labels") or {}
    prefix = f"{LABEL}."
    return {k.removeprefix(prefix): v for k, v in found.items() if k.startswith(prefix)}


def outdated(about: Mapping[str, Any], root: Path) -> list[str]:
    """Say which of the files that the student's image is made of have changed since."""
    here = context.digest(context.files(root), context.CONSTRAINTS)
    if labels(about).get("constraints") == here:
        return []
    return ["it was built with other versions of packages: run `grader image build`"]


def unsafe(about: Mapping[str, Any]) -> list[str]:
    """Say what an image allows that student code may not have."""
    user = str((about.get("Config") or {}).get("User") or "root")
    return [f"it runs as {user}"] if user.split(":")[0] in ("root", "0") else []
