"""Prints the table of experiments: `python -m tests.faults [--repetitions N] [--only ID]`."""

from __future__ import annotations

import argparse
import collections
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.experiments import EXPERIMENTS, Experiment
from tests.faults.runner import KINDS, Outcome, Suite

HEAD = """\
# Faults

What goes wrong with the machine, at random moments of a grading, and what comes of it. Each row is
an experiment of `tests/faults/experiments.py`, repeated with other moments and other victims; after
each repetition the same command is run again. Then every submission has the report of an
undisturbed run, byte for byte but for times; none had a score from a fault in between; nothing is
recorded twice; no process, mount, control group, lease, shared memory or file is left. Written by
`make faults`.

"""


def main() -> int:
    """Run the experiments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--only", action="append", default=[], help="an id; may be repeated")
    parser.add_argument("--sandbox", action="append", default=[])
    parser.add_argument("--jobs", type=int, default=2, help="repetitions at the same time")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    chosen = [e for e in EXPERIMENTS if not options.only or e.id in options.only]
    texts, bad = [], 0
    for sandbox in options.sandbox or ["bubblewrap"]:
        with tempfile.TemporaryDirectory(prefix="faults-", dir="/tmp") as folder:
            suite = Suite(Path(folder), sandbox)
            found = _run(suite, chosen, options.repetitions, options.jobs, options.seed)
        texts.append(_render(sandbox, found))
        bad += sum(len(outcome.problems) for row in found.values() for outcome in row)
    text = HEAD + "\n".join(texts)
    if options.out:
        options.out.write_text(text)
    print(text)
    return int(bad > 0)


def _run(
    suite: Suite, chosen: Sequence[Experiment], repetitions: int, jobs: int, seed: str
) -> Mapping[Experiment, Sequence[Outcome]]:
    able = [e for e in chosen if os.geteuid() == 0 or not e.needs_root]
    for experiment in chosen:
        if experiment not in able:
            print(f"{experiment.id}: left out, it needs root", file=sys.stderr)
    seeds = [f"{seed}-{number}" for number in range(repetitions)]
    found: dict[Experiment, list[Outcome]] = {}
    with ThreadPoolExecutor(jobs) as pool:
        started = {e: [pool.submit(suite.repeat, e, each) for each in seeds] for e in able}
        for experiment, futures in started.items():
            found[experiment] = [future.result() for future in futures]
            for line in _account(experiment, found[experiment]):
                print(line, file=sys.stderr, flush=True)
    return found


def _account(experiment: Experiment, outcomes: Sequence[Outcome]) -> Iterator[str]:
    bad = sum(bool(outcome.problems) for outcome in outcomes)
    yield f"{experiment.id}: {len(outcomes) - bad} of {len(outcomes)} held"
    for outcome in outcomes:
        if outcome.problems:
            yield f"  {'; '.join(outcome.done)}"
            yield from (f"  {problem.kind}: {problem.text}" for problem in outcome.problems)


def _render(sandbox: str, found: Mapping[Experiment, Sequence[Outcome]]) -> str:
    heads = ["experiment", "what happens", "repetitions", *KINDS]
    lines = [_row(heads), _row(["---"] * len(heads))]
    for experiment, outcomes in found.items():
        counts = collections.Counter(p.kind for o in outcomes for p in o.problems)
        cells = [str(counts[kind]) for kind in KINDS]
        lines.append(_row([experiment.id, experiment.what, str(len(outcomes)), *cells]))
    return f"## {sandbox}\n\n" + "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
