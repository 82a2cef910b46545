"""The image to build upon: one that is there, one that is pulled, or one that is made here."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from grader.errors import InfrastructureError
from grader.images.engine import Images, Say, dockerfile_default

SCRIPT = "scripts/base-image"
#: what the script itself calls it
LATEST = "needle-grader-base:latest"
#: the script's variables, and what they are without being set
SETTINGS = {"SUITE": "bookworm", "MIRROR": "http://deb.debian.org/debian"}


def obtain(images: Images, root: Path, wanted: str, *, fresh: bool, say: Say) -> str:
    """Return the name of a base image.

    `wanted` is a name; `made` is one that is made by debootstrap; empty is the one that the
    Dockerfile names, or a made one where that cannot be had.
    """
    if wanted == "made":
        return _made(images, root, fresh, say)
    name = wanted or dockerfile_default(root)
    if images.find(name) is not None:
        return name
    say(f"base {name}: not here, pulling it")
    problem = images.pull(name)
    if not problem:
        return name
    if wanted:
        raise InfrastructureError(
            f"base image {name} is not here and cannot be pulled: {problem}; name another one, or "
            "make one without a registry: --base made"
        )
    say(
        f"base {name} cannot be pulled: {problem}\n"
        "making a Debian base instead, which has no nvcc: CUDA will be emulated"
    )
    return _made(images, root, fresh, say)


def _made(images: Images, root: Path, fresh: bool, say: Say) -> str:
    name = made_name(root)
    if images.find(name) is None or fresh:
        say(f"base {name}: making it ({SCRIPT}), which takes minutes")
        _make(images, root, name)
    images.tag(name, LATEST)
    return name


def _make(images: Images, root: Path, name: str) -> None:
    done = subprocess.run(
        [str(root / SCRIPT), name],
        env={**os.environ, "DOCKER_HOST": images.where},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise InfrastructureError(
            f"{SCRIPT} could not make a base image: {done.stderr.strip()}\n"
            "Mend that, or name an image that is here: --base NAME"
        )


def made_name(root: Path) -> str:
    """Return the name of the base that is made here: another one for another script or mirror."""
    settings = {name: os.environ.get(name, usual) for name, usual in SETTINGS.items()}
    told = (root / SCRIPT).read_text() + repr(settings)
    number = hashlib.sha256(told.encode()).hexdigest()[:12]
    return f"needle-grader-base:{settings['SUITE']}-{number}"
