"""What a server keeps in its folder: keys, attempts and answers.

Keys and attempts are in one SQLite file with a write-ahead log: a reply goes out after its record
is on the disk, so neither a killed server nor a power cut loses one.
"""

from __future__ import annotations

import contextlib
import datetime
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from grader.errors import InfrastructureError, UsageError
from grader.mugrade import answers, keys
from grader.mugrade.answers import Answers

DATABASE = "mugrade.sqlite"
#: seconds that one process waits for another to finish writing
PATIENCE = 30.0

_TABLES = """
CREATE TABLE IF NOT EXISTS key (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL UNIQUE,
    staff INTEGER NOT NULL,
    digest BLOB NOT NULL,
    made TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS submission (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key INTEGER NOT NULL REFERENCES key (id),
    assignment TEXT NOT NULL,
    problem TEXT NOT NULL,
    made TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS submission_by_day ON submission (key, made);
CREATE TABLE IF NOT EXISTS value (
    submission INTEGER NOT NULL REFERENCES submission (id),
    number INTEGER NOT NULL,
    correct INTEGER NOT NULL,
    -- sha256 of what was sent, and of the answers that it was compared with
    sent TEXT NOT NULL,
    answers TEXT NOT NULL,
    made TEXT NOT NULL,
    PRIMARY KEY (submission, number)
) WITHOUT ROWID;
"""


class Owner(NamedTuple):
    """Whose key it is."""

    key: int
    name: str
    staff: bool


class Attempt(NamedTuple):
    """One run of a `submit_*` function."""

    student: str
    assignment: str
    problem: str
    submission: int
    made: str
    correct: int
    sent: int


class Store:
    """The folder of one server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._answers: dict[str, tuple[tuple[int, int], Answers]] = {}

    def exists(self) -> bool:
        """Tell whether anybody has a key here."""
        return (self.folder / DATABASE).is_file()

    # -- the database ------------------------------------------------------------------

    def connect(self) -> sqlite3.Connection:
        """Open the database and make its tables where they are missing."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{self.folder}: {error.strerror}") from error
        with self._named():
            connection = sqlite3.connect(
                self.folder / DATABASE,
                timeout=PATIENCE,
                isolation_level=None,
                check_same_thread=False,
            )
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.executescript(_TABLES)
        return connection

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        """Say which file the database's complaint is about, and what to do."""
        path = self.folder / DATABASE
        try:
            yield
        except sqlite3.OperationalError as error:  # locked, no room, no right to write
            raise InfrastructureError(
                f"{path}: {error}; see that its disk has room, that you may write to it, and that "
                "no other program holds it, and run the command again"
            ) from error
        except sqlite3.DatabaseError as error:
            if type(error) is not sqlite3.DatabaseError:  # its kinds blame the statement
                raise
            raise InfrastructureError(
                f"{path} is damaged: {error}; stop the server and put a backup in its place, or "
                f"save what `sqlite3 {DATABASE} .recover` still finds. Without either, move it "
                "away and make new keys: answers are files of their own and stay"
            ) from error

    @contextlib.contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(self.connect()) as connection, self._named():
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    @contextlib.contextmanager
    def new_keys(
        self, owners: list[str], *, staff: bool = False, renew: bool = False
    ) -> Iterator[dict[str, str]]:
        """Make a key for each owner that has none, or with `renew` for each; yield owner -> key.

        They hold once the block ends without an error, so a list that cannot be written makes
        none. A renewed key ends the old one; attempts stay with their owner.
        """
        with self._changing() as connection:
            kept = {row[0] for row in connection.execute("SELECT owner FROM key")}
            wanted = [owner for owner in dict.fromkeys(owners) if renew or owner not in kept]
            yield {owner: _new_key(connection, owner, staff) for owner in wanted}

    def attempts(self, assignment: str | None = None) -> list[Attempt]:
        """Return every attempt, oldest first."""
        with contextlib.closing(self.connect()) as connection, self._named():
            rows = connection.execute(
                "SELECT key.owner, assignment, problem, submission.id, submission.made,"
                " coalesce(sum(correct), 0), count(correct)"
                " FROM submission JOIN key ON key.id = submission.key"
                " LEFT JOIN value ON value.submission = submission.id"
                " WHERE ?1 IS NULL OR assignment = ?1"
                " GROUP BY submission.id ORDER BY submission.id",
                [assignment],
            )
            return [Attempt(*row) for row in rows]

    # -- answers -----------------------------------------------------------------------

    def answers_path(self, assignment: str) -> Path:
        return self.folder / "answers" / f"{assignment}.json"

    def published(self) -> list[str]:
        """Return the assignments that have answers."""
        return sorted(path.stem for path in (self.folder / "answers").glob("*.json"))

    def answers(self, assignment: str) -> Answers | None:
        """Return the answers of an assignment, read again when their file has changed."""
        path = self.answers_path(assignment)
        if not answers.is_name(assignment) or not path.is_file():
            return None
        status = path.stat()
        version = status.st_mtime_ns, status.st_ino
        kept = self._answers.get(assignment)
        if kept is None or kept[0] != version:
            kept = self._answers[assignment] = version, answers.read(path)
        return kept[1]

    def publish(self, found: Answers) -> Path:
        """Put the answers of an assignment in place of what was there."""
        return answers.write(found, self.answers_path(found.assignment))


def _new_key(connection: sqlite3.Connection, owner: str, staff: bool) -> str:
    secret = keys.new_secret()
    (number,) = connection.execute(
        "INSERT INTO key (owner, staff, digest, made) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT (owner) DO UPDATE SET staff = ?2, digest = ?3, made = ?4 RETURNING id",
        [owner, staff, keys.digest(secret), now()],
    ).fetchone()
    return keys.write(number, secret)


def owner(connection: sqlite3.Connection, text: str) -> Owner | None:
    """Return whose key `text` is."""
    parsed = keys.parse(text)
    if parsed is None:
        return None
    row = connection.execute(
        "SELECT id, owner, staff, digest FROM key WHERE id = ?", [parsed.number]
    ).fetchone()
    # compared even where there is nothing to compare with
    if not keys.matches(parsed.secret, row[3] if row else None):
        return None
    return Owner(row[0], row[1], bool(row[2]))


def now() -> str:
    """Return the time as ISO 8601, UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
