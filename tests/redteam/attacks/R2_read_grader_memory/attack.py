import ctypes
import os

from . import _kit


def others():
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]


def regions(pid):
    with open(f"/proc/{pid}/maps") as file:
        for line in file:
            span, mode = line.split()[:2]
            if mode.startswith("rw"):
                yield [int(part, 16) for part in span.split("-")]


@_kit.plan
def proc_mem():
    left = _kit.deadline(1.0)
    for pid in others():
        try:
            with open(f"/proc/{pid}/mem", "rb", 0) as memory:
                for start, end in regions(pid):
                    if not left() or _kit.won():
                        return
                    memory.seek(start)
                    try:
                        _kit.hunt(memory.read(min(end - start, 8 << 20)), f"memory of {pid}")
                    except OSError:
                        pass
        except OSError as error:
            _kit.say(f"/proc/{pid}/mem: {error}")


class Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


@_kit.plan
def process_vm_readv():
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(1 << 16)
    local = Vector(ctypes.addressof(buffer), len(buffer))
    for pid in [os.getppid(), *others()]:
        probe = Vector(id(_kit) & ~0xFFF, 4096)
        count = libc.process_vm_readv(pid, ctypes.byref(local), 1, ctypes.byref(probe), 1, 0)
        if count > 0:
            _kit.win(f"read {count} bytes of process {pid}")
        _kit.say(f"process_vm_readv {pid}: errno {ctypes.get_errno()}")
