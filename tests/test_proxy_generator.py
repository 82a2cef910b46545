"""The shared random generator, without a worker: what is looked for first."""

from __future__ import annotations

import numpy as np
import pytest

from grader.proxy.generator import Generator
from grader.proxy.randomness import State


def after_seed(seed: int, draws: int) -> State:
    """Return the state of a process that has seeded its generator and drawn."""
    random = np.random.RandomState(seed)
    random.random_sample(draws)
    state = random.get_state(legacy=False)
    inner = state["state"]
    return State(inner["pos"], 0, 0.0, seed, inner["key"].tobytes())


@pytest.mark.parametrize("draws", [0, 1, 2000])
def test_a_seed_that_is_named_is_not_looked_for_among_our_draws(
    draws: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`np.random.seed(0)` is in handed-out files: the search took 0.25 s of each test."""
    followed: list[bytes] = []
    advance = Generator._advance

    def watched(self: Generator, ours: State, target: bytes) -> bytes | None:
        followed.append(ours.key)
        return advance(self, ours, target)

    monkeypatch.setattr(Generator, "_advance", watched)
    np.random.seed(1)
    ours, theirs = np.random.get_state()[1].tobytes(), after_seed(0, draws)
    Generator().incoming(theirs.pack())
    assert ours not in followed
    assert np.random.get_state()[1].tobytes() == theirs.key
