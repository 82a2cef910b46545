from . import _kit


@_kit.plan
def attack():
    class Endless:
        def __del__(self):
            while True:
                pass

    globals()["kept"] = Endless()
    Endless()
