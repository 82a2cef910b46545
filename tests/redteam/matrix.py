"""Prints the matrix attack x back end -> outcome: `python -m tests.redteam.matrix [--out FILE]`."""

from __future__ import annotations

import argparse
import collections
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from grader import sandbox
from tests.redteam import corpus, runner, weak
from tests.redteam.corpus import Attack
from tests.redteam.runner import Campaign
from tests.redteam.weak import Weakness

HEAD = """\
# Red team

Every attack of `tests/redteam/attacks`, what became of it in each sandbox back end, and whether it
beats a grader that is built the usual way (tests and student code in one process, results believed
from a file and an exit code). Written by `make redteam`.

"""


def render(campaigns: Mapping[str, Campaign], weaknesses: Mapping[str, Weakness]) -> str:
    """Return the matrix as Markdown."""
    heads = ["id", "attack", *campaigns, "usual grader"]
    lines = [_row(heads), _row(["---"] * len(heads))]
    for attack in corpus.attacks():
        cells = [_held(campaign, attack) for campaign in campaigns.values()]
        lines.append(_row([attack.id, attack.title, *cells, _beaten(weaknesses.get(attack.id))]))
    return HEAD + "\n".join([*_totals(campaigns, weaknesses), "", *lines]) + "\n"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _totals(campaigns: Mapping[str, Campaign], weaknesses: Mapping[str, Weakness]) -> Iterator[str]:
    for name, campaign in campaigns.items():
        bad = [
            o.attack.id for o in campaign.outcomes.values() if runner.problems(o, campaign.course)
        ]
        clean = "nothing" if not campaign.remains else f"{len(campaign.remains)} things"
        total = len(campaign.outcomes)
        yield (
            f"- {name}: {total - len(bad)} of {total} attacks held"
            f"{' (not: ' + ', '.join(bad) + ')' if bad else ''}, {clean} left behind, "
            f"{len(campaign.heard)} calls home."
        )
    won = sum(weakness.succeeded for weakness in weaknesses.values())
    yield f"- usual grader: {won} of {len(weaknesses)} attacks with a negative control succeed."


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


def _beaten(weakness: Weakness | None) -> str:
    if weakness is None:
        return ""
    return "beaten" if weakness.succeeded else "held"


def main() -> int:
    """Run the corpus everywhere and print the matrix."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sandbox", action="append", choices=sorted(sandbox.BACKENDS))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    names = options.sandbox or ["bubblewrap"]
    campaigns = {name: runner.run(corpus.attacks(), backend=name) for name in names}
    text = render(campaigns, weak.run(weak.controlled()))
    if options.out:
        options.out.write_text(text)
    print(text)
    return int(
        any(runner.problems(o, c.course) for c in campaigns.values() for o in c.outcomes.values())
    )


if __name__ == "__main__":
    sys.exit(main())
