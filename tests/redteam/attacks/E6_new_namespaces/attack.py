import ctypes
import os

from . import _kit

libc = ctypes.CDLL(None, use_errno=True)
FLAGS = {"user": 0x10000000, "mount": 0x20000, "pid": 0x20000000, "net": 0x40000000, "ipc": 0x8000000, "uts": 0x4000000, "cgroup": 0x2000000, "time": 0x80}


@_kit.plan
def unshare():
    for name, flag in FLAGS.items():
        if libc.unshare(flag) == 0:
            _kit.win(f"a {name} namespace of one's own")
        _kit.say(f"unshare {name}: errno {ctypes.get_errno()}")


@_kit.plan
def clone():
    for name, flag in FLAGS.items():
        if name == "time":
            continue
        pid = libc.syscall(56, flag | 17, None, None, None, None)
        if pid == 0:
            os._exit(0)
        if pid > 0:
            _kit.win(f"a child in a new {name} namespace")


@_kit.plan
def enter():
    for pid in (1, os.getppid()):
        for name in ("mnt", "net", "pid", "user"):
            try:
                number = os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY)
            except OSError as error:
                _kit.say(f"ns/{name} of {pid}: {error}")
                continue
            if libc.setns(number, 0) == 0:
                _kit.win(f"entered the {name} namespace of {pid}")


@_kit.plan
def other_calls():
    for name, number, arguments in (("bpf", 321, (0, 0, 0)), ("userfaultfd", 323, (0,)), ("perf_event_open", 298, (0, 0, -1, -1, 0)), ("io_uring_setup", 425, (1, ctypes.create_string_buffer(256)))):
        if libc.syscall(number, *arguments) >= 0:
            _kit.win(f"{name} is allowed")
        _kit.say(f"{name}: errno {ctypes.get_errno()}")
