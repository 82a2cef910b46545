import threading

from . import _kit


@_kit.plan
def attack():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
