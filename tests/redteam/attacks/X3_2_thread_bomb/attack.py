import threading
import time

from . import _kit


@_kit.plan
def attack():
    started = 0
    while True:
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
        started += 1
