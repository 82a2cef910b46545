"""Writes to the database from many requests at once: what waits together is committed together.

A commit waits for the disk, for one record as long as for a hundred.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple


class Written(NamedTuple):
    """What a statement did."""

    #: rows that are there now and were not before
    rows: int
    #: id of the last one
    last: int


class _Waiting(NamedTuple):
    statement: str
    values: Sequence[Any]
    done: asyncio.Future[Written]


class Writer:
    """The one that changes the database while the server runs."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mugrade-writer")
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def write(self, statement: str, values: Sequence[Any]) -> Written:
        """Return when the statement is on the disk; raise sqlite3.Error when it is not."""
        done: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(statement, values, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain())
        return await done

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                found = await loop.run_in_executor(self._thread, self._commit, batch)
            except Exception as error:
                for waiting in batch:
                    if not waiting.done.done():
                        waiting.done.set_exception(error)
                continue
            for waiting, written in zip(batch, found, strict=True):
                if not waiting.done.done():
                    waiting.done.set_result(written)

    def _commit(self, batch: list[_Waiting]) -> list[Written]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            found = []
            for waiting in batch:
                cursor = self._connection.execute(waiting.statement, waiting.values)
                found.append(Written(cursor.rowcount, cursor.lastrowid or 0))
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        return found

    def close(self) -> None:
        self._thread.shutdown()
        self._connection.close()
