import ctypes
import os
import socket

from . import _kit

libc = ctypes.CDLL(None, use_errno=True)
MARK = b"redteam-mark"


@_kit.plan
def keyrings():
    ADD_KEY, REQUEST_KEY, KEYCTL = 248, 249, 250
    for ring in (-1, -2, -3, -4, -5):
        if libc.syscall(KEYCTL, 10, ctypes.c_int(ring), b"user", MARK, 0) > 0:
            _kit.win(f"a key of an earlier test in ring {ring}")
        number = libc.syscall(ADD_KEY, b"user", MARK, b"x", 1, ctypes.c_int(ring))
        _kit.say(f"add_key to {ring}: {number}, errno {ctypes.get_errno()}")
    if libc.syscall(REQUEST_KEY, b"user", MARK, None, 0) > 0 and os.path.exists("/tmp/never"):
        _kit.win("a key that can be requested")


@_kit.plan
def system_v():
    for name, key, arguments in (("shmget", 0x5EED, (4096,)), ("msgget", 0x5EEE, ()), ("semget", 0x5EEF, (1,))):
        function = getattr(libc, name)
        if function(key, *arguments, 0) >= 0:
            _kit.win(f"{name} found what an earlier test made")
        made = function(key, *arguments, 0o1000 | 0o666)
        _kit.say(f"{name}: {made}, errno {ctypes.get_errno()}")


@_kit.plan
def posix_queue():
    MQ_OPEN = 240
    if libc.syscall(MQ_OPEN, MARK, os.O_RDWR, 0, None) >= 0:
        _kit.win("a message queue of an earlier test")
    made = libc.syscall(MQ_OPEN, MARK, os.O_RDWR | os.O_CREAT, 0o600, None)
    _kit.say(f"mq_open: {made}, errno {ctypes.get_errno()}")


@_kit.plan
def machine_socket():
    with socket.socket(40, socket.SOCK_STREAM) as vsock:
        vsock.settimeout(0.2)
        vsock.connect((2, 1024))
        _kit.win("a socket to the host")
