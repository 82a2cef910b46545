import os
import stat

from . import _kit


@_kit.plan
def every_descriptor():
    for number in range(3, 1024):
        try:
            kind = os.fstat(number).st_mode
        except OSError:
            continue
        try:
            _kit.hunt(os.readlink(f"/proc/self/fd/{number}"), f"name of descriptor {number}")
        except OSError:
            pass
        if stat.S_ISREG(kind):
            try:
                _kit.hunt(os.pread(number, 1 << 20, 0), f"descriptor {number}")
            except OSError as error:
                _kit.say(f"descriptor {number}: {error}")
        elif stat.S_ISDIR(kind):
            _kit.hunt(repr(os.listdir(number)), f"folder {number}")
        elif stat.S_ISSOCK(kind):
            _kit.win(f"an inherited socket {number}")


@_kit.plan
def reopen_through_proc():
    for pid in ("1", str(os.getppid()), "self"):
        try:
            names = os.listdir(f"/proc/{pid}/fd")
        except OSError as error:
            _kit.say(f"/proc/{pid}/fd: {error}")
            continue
        for name in names:
            path = f"/proc/{pid}/fd/{name}"
            try:
                if stat.S_ISREG(os.stat(path).st_mode):
                    with open(path, "rb") as file:
                        _kit.hunt(file.read(1 << 20), path)
            except OSError:
                pass
