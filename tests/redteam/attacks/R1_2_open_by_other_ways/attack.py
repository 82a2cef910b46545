import ctypes
import os
import struct
import subprocess
import tempfile
import time

from . import _kit
from ._target import KNOWN

libc = ctypes.CDLL(None, use_errno=True)
OPENAT2, NAME_TO_HANDLE, OPEN_BY_HANDLE = 437, 303, 304
FOLDER, NAME = os.path.split(KNOWN)
SCRATCH = tempfile.gettempdir()


def look(descriptor, how):
    try:
        _kit.hunt(os.pread(descriptor, 4096, 0), how)
    finally:
        os.close(descriptor)


@_kit.plan
def plainly():
    look(os.open(KNOWN, os.O_RDONLY), "open")


@_kit.plan
def names_around():
    for folder in (FOLDER, os.path.dirname(FOLDER)):
        _kit.hunt(repr(os.listdir(folder)), f"names in {folder}")


@_kit.plan
def by_path_descriptor():
    opened = os.open(KNOWN, os.O_PATH)
    look(os.open(f"/proc/self/fd/{opened}", os.O_RDONLY), "a path descriptor opened again")


@_kit.plan
def below_a_folder():
    folder = os.open(FOLDER, os.O_PATH | os.O_DIRECTORY)
    look(os.open(NAME, os.O_RDONLY, dir_fd=folder), "openat")


@_kit.plan
def openat2():
    for flags in (0, 8, 16):  # nothing; RESOLVE_BENEATH and RESOLVE_IN_ROOT from the root
        root = os.open("/", os.O_PATH)
        how = ctypes.create_string_buffer(struct.pack("=QQQ", os.O_RDONLY, 0, flags))
        path = (KNOWN if flags == 0 else KNOWN.lstrip("/")).encode()
        opened = libc.syscall(OPENAT2, root, path, how, ctypes.c_size_t(24))
        if opened >= 0:
            look(opened, f"openat2 with {flags}")


@_kit.plan
def from_inside():
    before = os.getcwd()
    try:
        os.chdir(FOLDER)
        look(os.open(NAME, os.O_RDONLY), "a folder changed to")
    finally:
        os.chdir(before)


@_kit.plan
def linked():
    for way in (os.link, os.symlink, os.rename):
        there = f"{SCRATCH}/{way.__name__}-{os.getpid()}"
        try:
            way(KNOWN, there)
            look(os.open(there, os.O_RDONLY), way.__name__)
        except OSError as error:
            _kit.say(f"{way.__name__}: {error}")


@_kit.plan
def folder_taken():
    os.rename(FOLDER, f"{SCRATCH}/taken-{os.getpid()}")
    _kit.win("a folder of the grader was renamed")


@_kit.plan
def roundabout():
    for top in ("/proc/self/root", f"/proc/{os.getppid()}/root", "/proc/1/root", "/proc/self/cwd/../../../../../.."):
        try:
            look(os.open(top + KNOWN, os.O_RDONLY), top)
        except OSError as error:
            _kit.say(f"{top}: {error}")


@_kit.plan
def by_handle():
    handle = ctypes.create_string_buffer(struct.pack("=Ii", 128, 0) + bytes(128))
    number = ctypes.c_int()
    if libc.syscall(NAME_TO_HANDLE, -100, KNOWN.encode(), handle, ctypes.byref(number), 0) == 0:
        look(libc.syscall(OPEN_BY_HANDLE, -100, handle, os.O_RDONLY), "a file handle")


@_kit.plan
def changed():
    for how, way in (("chmod", lambda: os.chmod(KNOWN, 0o666)), ("truncate", lambda: os.truncate(KNOWN, 0)),
                     ("utime", lambda: os.utime(KNOWN)), ("unlink", lambda: os.unlink(KNOWN))):
        try:
            way()
            _kit.win(f"{how} of a file of the grader")
        except OSError as error:
            _kit.say(f"{how}: {error}")


@_kit.plan
def other_programs():
    for words in (["/bin/cat", KNOWN], ["/bin/sh", KNOWN], ["/usr/bin/od", "-c", KNOWN],
                  ["/bin/sh", "-c", f"while read word; do echo $word; done < {KNOWN}"],
                  ["/usr/bin/env", "-S", f"/bin/cat {KNOWN}"], [KNOWN]):
        try:
            done = subprocess.run(words, capture_output=True, timeout=0.5)
            _kit.hunt(done.stdout + done.stderr, " ".join(words))
        except (OSError, subprocess.SubprocessError) as error:
            _kit.say(f"{words[0]}: {error}")


@_kit.plan
def by_loaders():
    os.environ["TZ"] = ":" + KNOWN
    time.tzset()
    _kit.hunt(repr(time.tzname), "the time zone")
    try:
        ctypes.CDLL(KNOWN)
    except OSError as error:
        _kit.hunt(str(error).replace(KNOWN, ""), "the loader's complaint")
