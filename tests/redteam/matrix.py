"""Prints the matrix attack x back end -> outcome: `python -m tests.redteam.matrix [--out FILE]`."""

from __future__ import annotations

import argparse
import collections
import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.redteam import corpus, runner, weak
from tests.redteam.corpus import Attack
from tests.redteam.runner import Campaign
from tests.redteam.weak import Weakness

HEAD = """\
# Red team

Every attack of `tests/redteam/attacks`, what became of it in each sandbox back end, and whether it
beats a grader that is built the usual way (tests and student code in one process, results believed
from a file and an exit code). Back end `process` says itself that it does not isolate and is left
out. Written by `make redteam`, which takes the better part of an hour; CI tries all attacks in
bubblewrap, and those on the sandbox itself in the others.

"""
USUAL = "usual grader"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Column:
    """What became of each attack in one place."""

    name: str
    #: one sentence about all of them, and a cell for each id
    summary: str
    cells: Mapping[str, str]
    #: no attack won, and nothing was left behind
    is_clean: bool


def render(columns: Sequence[Column]) -> str:
    """Return the matrix as Markdown."""
    heads = ["id", "attack", *(column.name for column in columns)]
    lines = [_row(heads), _row(["---"] * len(heads))]
    for attack in corpus.attacks():
        cells = [column.cells.get(attack.id, "") for column in columns]
        lines.append(_row([attack.id, attack.title, *cells]))
    totals = [f"- {column.name}: {column.summary}" for column in columns]
    return HEAD + "\n".join([*totals, "", *lines]) + "\n"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def campaigned(name: str, campaign: Campaign) -> Column:
    """Return the column of a back end."""
    outcomes = campaign.outcomes.values()
    bad = [o.attack.id for o in outcomes if runner.problems(o, campaign.course)]
    clean = "nothing" if not campaign.remains else f"{len(campaign.remains)} things"
    summary = (
        f"{len(outcomes) - len(bad)} of {len(outcomes)} attacks held"
        f"{' (not: ' + ', '.join(bad) + ')' if bad else ''}, {clean} left behind, "
        f"{len(campaign.heard)} calls home."
    )
    cells = {outcome.attack.id: _held(campaign, outcome.attack) for outcome in outcomes}
    is_clean = not (bad or campaign.remains or campaign.heard)
    return Column(name=name, summary=summary, cells=cells, is_clean=is_clean)


def _held(campaign: Campaign, attack: Attack) -> str:
    """Return the statuses that the attack's lost tests ended with, or what went wrong."""
    outcome = campaign.outcomes[attack.id]
    problems = runner.problems(outcome, campaign.course)
    if problems:
        return "**" + "; ".join(problems).replace("|", "/") + "**"
    if attack.outcome == "rejected":
        return "rejected"
    lost = attack.loses(frozenset(campaign.course.points))
    words = collections.Counter(str(outcome.words[name]) for name in lost)
    return "held: " + (", ".join(sorted(words)) or "passed")


def controlled(weaknesses: Mapping[str, Weakness]) -> Column:
    """Return the column of the usual grader, which attacks are meant to beat."""
    won = sum(weakness.succeeded for weakness in weaknesses.values())
    return Column(
        name=USUAL,
        summary=f"{won} of {len(weaknesses)} attacks with a negative control succeed.",
        cells={id: "beaten" if w.succeeded else "held" for id, w in weaknesses.items()},
        is_clean=won == len(weaknesses),
    )


def _unavailable(name: str, reason: str) -> Column:
    return Column(name=name, summary=f"not on this machine: {reason}", cells={}, is_clean=True)


def columns(names: Sequence[str]) -> Iterator[Column]:
    """Run the corpus in the places named, one after another."""
    for name in names:
        if name == USUAL:
            yield controlled(weak.run(weak.controlled()))
        elif reason := runner.available(name):
            yield _unavailable(name, reason.splitlines()[0])
        else:
            yield campaigned(name, runner.run(corpus.attacks(), backend=name))


def main() -> int:
    """Run the corpus everywhere and print the matrix."""
    parser = argparse.ArgumentParser(description=__doc__)
    places = (*runner.BACKENDS, USUAL)
    parser.add_argument("--only", action="append", choices=places, help="where; else everywhere")
    parser.add_argument("--out", type=Path, help="file for the matrix, written after each column")
    parser.add_argument("--keep", type=Path, help="folder of columns: those of other runs count")
    options = parser.parse_args()
    found: dict[str, Column] = {}
    for path in options.keep.glob("*.json") if options.keep else ():
        kept = Column(**json.loads(path.read_text()))
        found[kept.name] = kept
    for column in columns(options.only or places):
        found[column.name] = column
        text = render([found[name] for name in places if name in found])
        if options.keep:
            options.keep.mkdir(exist_ok=True)
            path = options.keep / f"{column.name}.json"
            path.write_text(json.dumps(dataclasses.asdict(column)))
        if options.out:
            options.out.write_text(text)
    print(text)
    return int(not all(column.is_clean for column in found.values()))


if __name__ == "__main__":
    sys.exit(main())
