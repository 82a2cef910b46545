import sys

package = sys.modules[__package__]


class Shy(type(package)):
    def __getattribute__(self, name):
        if name == "Tensor":
            raise AttributeError("there is no Tensor")
        return super().__getattribute__(name)


package.__class__ = Shy
