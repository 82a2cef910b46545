"""What attacks share; laid into every attack's submission as needle/_kit.py.

An attack does not know whether it works until it runs, so success is turned into a score: an
operator that is honestly wrong (`sabotage`) runs the attack's plans on its first call, and is right
once one of them has won.
"""

import re
import sys
import time

CANARY = re.compile(rb"CANARY_[0-9a-f]{16}")
_plans = []
_won = []


def plan(function):
    """Have `function` tried when a broken operator is first called."""
    _plans.append(function)
    return function


def say(text):
    """Print to both streams, whatever state they are in."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.write(text + "\n")
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass


def win(how):
    """Declare success: from now on the broken operators are right."""
    _won.append(how)
    say("WON " + how)


def won():
    """Tell whether a plan has won."""
    return bool(_won)


def hunt(data, where):
    """Win when `data` holds a canary."""
    if isinstance(data, str):
        data = data.encode("utf-8", "replace")
    found = CANARY.search(data)
    if found:
        win(f"{where}: LOOT {found.group().decode()}")


def run_plans():
    """Try every plan once; say what became of it."""
    while _plans:
        attempt = _plans.pop(0)
        try:
            attempt()
        except Exception as error:
            say(f"TRIED {attempt.__name__}: {type(error).__name__} {error}")
        else:
            say(f"TRIED {attempt.__name__}: done")


def sabotage(owner, name, wrong):
    """Make a method honestly wrong until an attack has won."""
    right = getattr(owner, name)

    def method(self, *arguments):
        run_plans()
        return (right if _won else wrong)(self, *arguments)

    setattr(owner, name, method)


def deadline(seconds):
    """Return a function that says whether time is left."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end
