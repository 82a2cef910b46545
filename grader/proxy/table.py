"""Handles: which objects of the student's side are held here, and what each of them is."""

from __future__ import annotations

import weakref
from typing import Any

#: most handles that a test can hold at once
MOST_HANDLES = 100_000


class Reference(weakref.ref[Any]):
    """A weak reference that knows the handle and its kind."""

    __slots__ = ("class_handle", "handle", "kind")

    handle: int
    kind: str
    class_handle: int


class Table:
    """The handles of one scope. Numbers are given by this side and are never used again."""

    def __init__(self) -> None:
        self.next = 1
        self.references: dict[int, Reference] = {}
        self.classes: dict[int, type] = {}
        self._dead: list[int] = []
        self._released: list[int] = []

    def holds(self, handle: int) -> bool:
        """Whether a handle belongs to the present scope."""
        return handle in self.references or handle in self.classes

    def add(self, value: Any, handle: int, kind: str, class_handle: int = 0) -> None:
        """Hold an object; the worker is told when it dies here."""
        reference = Reference(value, self._died)
        reference.handle, reference.kind, reference.class_handle = handle, kind, class_handle
        self.references[handle] = reference

    def _died(self, reference: Any) -> None:
        self._dead.append(reference.handle)

    def collect(self) -> None:
        """Note which handles can be released; called before arguments are encoded."""
        while self._dead:
            handle = self._dead.pop()
            reference = self.references.get(handle)
            if reference is not None and reference() is None:
                del self.references[handle]
                self._released.append(handle)

    def take_released(self) -> list[int]:
        """Return what the next request shall release."""
        released, self._released = self._released, []
        return released

    def snapshot(self) -> tuple[dict[int, Reference], dict[int, type]]:
        """Return the handles that are valid now."""
        return dict(self.references), dict(self.classes)

    def restore(self, references: dict[int, Reference], classes: dict[int, type]) -> None:
        """Make exactly these handles valid, for a worker that has just made them again."""
        self.references = dict(references)
        self.classes = dict(classes)
        self._released = []
        self._dead = [handle for handle, reference in references.items() if reference() is None]
