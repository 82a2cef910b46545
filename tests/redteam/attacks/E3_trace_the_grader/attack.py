import ctypes
import os

from . import _kit

libc = ctypes.CDLL(None, use_errno=True)
PIDFD_OPEN, PIDFD_GETFD, VM_WRITEV = 434, 438, 311


def others():
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]


@_kit.plan
def memory():
    for pid in others():
        try:
            with open(f"/proc/{pid}/mem", "r+b", 0):
                _kit.win(f"memory of {pid} can be written")
        except OSError as error:
            _kit.say(f"mem of {pid}: {error}")


@_kit.plan
def steal_descriptors():
    for pid in others():
        handle = libc.syscall(PIDFD_OPEN, pid, 0)
        for number in range(16):
            got = libc.syscall(PIDFD_GETFD, handle, number, 0)
            if got >= 0:
                _kit.win(f"took descriptor {number} of {pid}")
        _kit.say(f"pidfd_getfd {pid}: errno {ctypes.get_errno()}")


@_kit.plan
def attach():
    for pid in others():
        if libc.ptrace(16, pid, None, None) == 0:
            _kit.win(f"traces {pid}")
        _kit.say(f"ptrace {pid}: errno {ctypes.get_errno()}")
