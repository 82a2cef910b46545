import glob
import json
import os
import signal
import stat

from . import _kit

ORDER = json.dumps({"workdir": "/", "environment": {}, "command": ["/bin/true"], "filter": "", "python": [3, 11]}).encode() + b"\n"
PIPES = ("/opt/pipes", "/pipes", "/run/pipes")


def write(path, words):
    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    try:
        os.write(descriptor, words)
        _kit.win(f"{path} takes orders")
    finally:
        os.close(descriptor)


@_kit.plan
def by_their_names():
    for folder in PIPES:
        for path in (*glob.glob(f"{folder}/*"), *(f"{folder}/{name}" for name in ("order", "status", "stdin", "stdout", "stderr"))):
            try:
                write(path, b"0\n" if path.endswith("status") else ORDER)
            except OSError as error:
                _kit.say(f"{path}: {error}")


@_kit.plan
def names_of_their_own():
    for folder in PIPES:
        try:
            os.mkfifo(f"{folder}/order")
            _kit.win(f"a pipe can be made in {folder}")
        except OSError as error:
            _kit.say(f"{folder}: {error}")


@_kit.plan
def descriptors_of_the_first():
    # the own parent's are those that every test has
    for number in range(64):
        path = f"/proc/1/fd/{number}"
        try:
            if os.getppid() != 1 and stat.S_ISFIFO(os.stat(path).st_mode):
                write(path, b"0\n")
        except OSError:
            pass


@_kit.plan
def stop_the_first():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGSTOP, signal.SIGKILL):
        try:
            if os.getppid() != 1:
                os.kill(1, number)
        except OSError as error:
            _kit.say(f"signal {number}: {error}")
    with open("/proc/1/stat") as file:
        if os.getppid() != 1 and file.read().rpartition(")")[2].split()[0] == "T":
            _kit.win("the first process is stopped")
