import os
import sys

from . import _kit

PLACES = (*sys.path, "/usr/local", "/usr/src", "/opt", "/var", "/etc", "/home", "/srv", "/media", os.path.expanduser("~"))
WORDS = ("needle", "hidden", "grader", "redteam", "reference", "hw1", ".git")


@_kit.plan
def leftovers():
    left = _kit.deadline(0.5)
    for place in PLACES:
        for folder, names, files in os.walk(place):
            if not left():
                return
            for name in [*files, *names]:
                path = os.path.join(folder, name)
                if any(word in path for word in WORDS) and os.path.isfile(path):
                    try:
                        with open(path, "rb") as file:
                            _kit.hunt(file.read(1 << 20), path)
                    except OSError:
                        pass


@_kit.plan
def object_store():
    for folder, _, files in os.walk("/"):
        if folder.endswith(".git/objects"):
            _kit.win(f"a git object store in {folder}")
        if folder.count("/") > 4 or folder.startswith(("/proc", "/sys")):
            files.clear()
            break
