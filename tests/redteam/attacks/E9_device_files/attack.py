import os
import stat

from . import _kit


@_kit.plan
def open_devices():
    harmless = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "stdin", "stdout", "stderr", "fd", "core", "pts", "shm", "console"}
    for name in {*os.listdir("/dev"), "mem", "kmsg", "kvm", "fuse", "nvidia0", "nvidiactl", "sda", "vda", "vsock", "loop0", "net/tun"} - harmless:
        try:
            opened = os.open(f"/dev/{name}", os.O_RDONLY | os.O_NONBLOCK)
            mode = os.fstat(opened).st_mode
            os.close(opened)
            if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
                _kit.win(f"/dev/{name} can be opened")
        except OSError as error:
            _kit.say(f"/dev/{name}: {error}")


@_kit.plan
def make_devices():
    for name, kind, number in (("disk", stat.S_IFBLK, os.makedev(8, 0)), ("mem", stat.S_IFCHR, os.makedev(1, 1))):
        os.mknod(f"/tmp/rt_{name}", 0o600 | kind, number)
        os.close(os.open(f"/tmp/rt_{name}", os.O_RDONLY))
        _kit.win(f"made {name}")
