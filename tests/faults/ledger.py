"""What came of each repetition, one JSON object a line: a run that is cut off loses none."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grader import provenance
from tests.faults.runner import Outcome, Problem


class Ledger:
    """The outcomes of one back end by the present code; may be used by several threads."""

    def __init__(self, path: Path, sandbox: str) -> None:
        self._path = path
        #: digest of its source files
        self.grader = provenance.grader_digest()
        self._made_with = {"grader": self.grader, "sandbox": sandbox}
        self._outcomes: dict[tuple[str, str], Outcome] = {}
        self._lock = threading.Lock()
        for line in path.read_text().splitlines() if path.exists() else ():
            self._take(json.loads(line))

    def _take(self, row: dict[str, Any]) -> None:
        """Remember an outcome, unless other code made it."""
        made_with = {name: row.pop(name) for name in self._made_with}
        if made_with == self._made_with:
            outcome = Outcome(
                experiment=row["experiment"],
                seed=row["seed"],
                problems=tuple(Problem(**problem) for problem in row["problems"]),
                done=tuple(row["done"]),
            )
            self._outcomes[outcome.experiment, outcome.seed] = outcome

    def has(self, experiment: str, seed: str) -> bool:
        """Tell whether a repetition has been made."""
        return (experiment, seed) in self._outcomes

    def add(self, outcome: Outcome) -> None:
        """Write down what came of a repetition."""
        line = json.dumps({**self._made_with, **dataclasses.asdict(outcome)})
        with self._lock:
            self._outcomes[outcome.experiment, outcome.seed] = outcome
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a") as file:
                file.write(line + "\n")

    def by_experiment(self) -> dict[str, Sequence[Outcome]]:
        """Return all outcomes."""
        found: dict[str, list[Outcome]] = defaultdict(list)
        with self._lock:
            for outcome in self._outcomes.values():
                found[outcome.experiment].append(outcome)
        return dict(found)
