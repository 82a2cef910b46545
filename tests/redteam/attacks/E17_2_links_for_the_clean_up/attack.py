import os
import tempfile

from . import _kit
from ._target import KNOWN

SCRATCH = tempfile.gettempdir()
GOALS = (KNOWN, os.path.dirname(KNOWN), os.path.dirname(KNOWN) + "/..", "/", "/etc", "/usr/bin/env", ".", "..", "loop", "/proc/1/root", "/proc/1/cwd")


def attempt(way, *words):
    try:
        way(*words)
    except OSError as error:
        _kit.say(f"{way.__name__}: {error}")


@_kit.plan
def links():
    top = f"{SCRATCH}/links-{os.getpid()}"
    for folder in (top, f"{top}/locked", f"{top}/locked/inner"):
        os.mkdir(folder)
        for number, goal in enumerate(GOALS):
            attempt(os.symlink, goal, f"{folder}/link{number}")
            attempt(os.symlink, goal, f"{folder}/-rf {number}")
            attempt(os.link, goal, f"{folder}/hard{number}")
    attempt(os.mkfifo, f"{top}/pipe")
    for folder in (f"{top}/locked/inner", f"{top}/locked", top):
        os.chmod(folder, 0)
