import os

from . import _kit


@_kit.plan
def truncate():
    for number in range(21):
        for name, attempt in (("ftruncate", lambda: os.ftruncate(number, 0)), ("seek", lambda: os.lseek(number, 0, os.SEEK_SET)),
                              ("reopen", lambda: os.close(os.open(f"/proc/self/fd/{number}", os.O_WRONLY | os.O_TRUNC)))):
            try:
                attempt()
            except OSError:
                continue
            if name == "ftruncate" or os.path.isfile(f"/proc/self/fd/{number}"):
                _kit.win(f"{name} worked on descriptor {number}")
