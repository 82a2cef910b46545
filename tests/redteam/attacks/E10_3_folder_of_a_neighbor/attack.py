import glob
import os
import re
import tempfile

from . import _kit

SCRATCH = tempfile.gettempdir()
PLACES = ("view", "view/submission", "view/course", "tmp", "submission", "")


def neighbors():
    """Guess the folders beside the own one: grader-NAMESPACE-PROCESS-START-NUMBER."""
    own = os.path.dirname(SCRATCH)
    found = re.fullmatch(r"(.*-)(\d+)", own)
    if found:
        yield from (f"{found[1]}{number}" for number in range(64) if str(number) != found[2])
    for pattern in ("/tmp/grader-*", "/var/tmp/grader-*", "/run/grader-*", "/dev/shm/grader-*"):
        yield from (path for path in glob.glob(pattern) if path != own)


@_kit.plan
def look():
    for folder in neighbors():
        for place in PLACES:
            path = os.path.join(folder, place)
            try:
                _kit.win(f"the names in {path}: {os.listdir(path)[:3]}")
            except OSError:
                pass
            try:
                os.close(os.open(f"{path}/left-{os.getpid()}", os.O_WRONLY | os.O_CREAT))
                _kit.win(f"a file in {path}")
            except OSError:
                pass


@_kit.plan
def groups():
    for path in glob.glob("/sys/fs/cgroup/**/grader-*/*", recursive=True)[:2000]:
        if os.access(path, os.W_OK):
            _kit.win(f"{path} can be written")
