"""What modules want to be run after each fork, kept back from the parent's forks.

`threading` mends what other threads of a parent may have left half done, `random` draws a new seed;
both touch so much memory that a fork takes half as long again. Here the parent has one thread, so
there is nothing to mend; and its children draw alike, so that the same inputs give the same report.
The children of a child get what modules ask for.
"""

from __future__ import annotations

import os
from typing import Any, Final

_register: Final[Any] = os.register_at_fork
_kept: Final[list[dict[str, Any]]] = []


def keep_back() -> None:
    """Register nothing that is asked for from now on; before the modules are imported."""
    # setattr: mypy takes the assignment of a function for a mistake
    setattr(os, "register_at_fork", lambda **hooks: _kept.append(hooks))  # noqa: B010


def give_back() -> None:
    """Register all that was asked for: what this process forks gets it."""
    setattr(os, "register_at_fork", _register)  # noqa: B010
    for hooks in _kept:
        _register(**hooks)
