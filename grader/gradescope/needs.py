"""The packages that grading needs, in the versions that are installed here."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from grader.errors import UsageError

DISTRIBUTION = "needle-grader"
#: the extra with what course suites import; only what is installed of it is asked for
_EXTRA = "course"


def pinned(*others: str) -> tuple[str, ...]:
    """Return `name==version` of everything that the grader and its course extra need, sorted.

    `others` are packages without which an assignment cannot be graded.
    The list is whole, so that it is installed without asking a registry for what it implies.
    """
    found: dict[str, str] = {}
    for requirement in _asked(DISTRIBUTION, ("", _EXTRA)):
        _add(requirement, found, optional=_is_extra(requirement))
    for name in others:
        _add(Requirement(name), found)
    return tuple(f"{name}=={version}" for name, version in sorted(found.items()))


def _asked(distribution: str, extras: tuple[str, ...]) -> Iterator[Requirement]:
    """Yield what a distribution asks for on this machine."""
    try:
        lines = importlib.metadata.requires(distribution) or []
    except importlib.metadata.PackageNotFoundError as error:
        raise UsageError(
            f"{distribution} is not installed as a package here, so that nothing says which "
            "packages it needs: install it with pip (`make setup`) and export from there"
        ) from error
    for requirement in map(Requirement, lines):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
            yield requirement


def _is_extra(requirement: Requirement) -> bool:
    return requirement.marker is not None and not requirement.marker.evaluate({"extra": ""})


def _add(requirement: Requirement, found: dict[str, str], *, optional: bool = False) -> None:
    name = str(canonicalize_name(requirement.name))
    if name in found:
        return
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError as error:
        if optional:
            return
        raise UsageError(
            f"{name} is not installed, and {DISTRIBUTION} needs it: `make setup` installs it"
        ) from error
    for implied in _asked(name, ("", *requirement.extras)):
        _add(implied, found)
