"""Runs experiments: `python -m tests.faults [--repetitions N] [--only ID] [--out TABLE]`.

Each outcome is in the ledger at once. A run that was cut off goes on where it was.
"""

from __future__ import annotations

import argparse
import collections
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.faults.experiments import EXPERIMENTS, SANDBOXES, Experiment
from tests.faults.ledger import Ledger
from tests.faults.runner import KINDS, Outcome, Suite

HEAD = """\
# Faults

What goes wrong with the machine, at random moments of a grading, and what comes of it. Each row is
an experiment of `tests/faults/experiments.py`, repeated with other moments and other victims; after
each repetition the same command is run again. Then every submission has the report of an
undisturbed run, byte for byte but for times; none had a score from a fault in between; nothing is
recorded twice; no process, container, mount, control group, lease, shared memory or file is left.
Not counted as left is the first process of runc, where the engine was killed between making a
container and starting it: no student code is in it, and the next engine does not know of it.
Written by `make faults`; a repetition counts only if there was something to be struck.

"""


def main() -> int:
    """Run the experiments and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--only", action="append", default=[], help="an id; may be repeated")
    parser.add_argument("--sandbox", action="append", default=[], choices=SANDBOXES)
    parser.add_argument("--jobs", type=int, default=2, help="repetitions at the same time")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--ledger", type=Path, default=Path("build/faults.jsonl"))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    ledgers = {name: Ledger(options.ledger, name) for name in options.sandbox or SANDBOXES}
    bad = 0
    for sandbox, ledger in ledgers.items():
        chosen = [e for e in EXPERIMENTS if sandbox in e.sandboxes]
        chosen = [e for e in chosen if e.id in (options.only or [e.id]) and _is_able(e)]
        seeds = [f"{options.seed}-{number}" for number in range(options.repetitions)]
        with tempfile.TemporaryDirectory(prefix="faults-", dir="/tmp") as folder:
            for outcome in _run(Path(folder), sandbox, chosen, seeds, ledger, options.jobs):
                ledger.add(outcome)
                bad += bool(outcome.problems)
                print(*_account(outcome), sep="\n", file=sys.stderr, flush=True)
                if options.out:
                    options.out.write_text(_text(ledgers))
    text = _text(ledgers)
    if options.out:
        options.out.write_text(text)
    print(text)
    return int(bad > 0)


def _is_able(experiment: Experiment) -> bool:
    if experiment.lacks:
        print(f"{experiment.id}: left out, it needs {experiment.lacks}", file=sys.stderr)
    return not experiment.lacks


def _run(
    folder: Path,
    sandbox: str,
    chosen: Sequence[Experiment],
    seeds: Sequence[str],
    ledger: Ledger,
    jobs: int,
) -> Iterator[Outcome]:
    """Yield outcomes as they come: first one repetition of each experiment, then the next."""
    with Suite(folder, sandbox) as suite, ThreadPoolExecutor(jobs) as pool:
        futures: list[Future[Outcome]] = [
            pool.submit(suite.repeat, experiment, seed)
            for seed in seeds
            for experiment in chosen
            if not ledger.has(experiment.id, seed)
        ]
        for future in as_completed(futures):
            yield future.result()


def _account(outcome: Outcome) -> Iterator[str]:
    verdict = "failed" if outcome.problems else "held"
    yield f"{outcome.experiment} {outcome.seed}: {verdict} ({'; '.join(outcome.done)})"
    yield from (f"  {problem.kind}: {problem.text}" for problem in outcome.problems)


def _text(ledgers: dict[str, Ledger]) -> str:
    return HEAD + "\n".join(_table(sandbox, ledger) for sandbox, ledger in ledgers.items())


def _table(sandbox: str, ledger: Ledger) -> str:
    heads = ["experiment", "what happens", "repetitions", *KINDS]
    lines = [_row(heads), _row(["---"] * len(heads))]
    found = ledger.by_experiment()
    for experiment in EXPERIMENTS:
        outcomes = found.get(experiment.id, [])
        if outcomes:
            counts = collections.Counter(p.kind for o in outcomes for p in o.problems)
            cells = [str(counts[kind]) for kind in KINDS]
            lines.append(_row([experiment.id, experiment.what, str(len(outcomes)), *cells]))
    about = f"Grader {ledger.grader[:12]}, {sum(map(len, found.values()))} repetitions."
    return f"## {sandbox}\n\n{about}\n\n" + "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
