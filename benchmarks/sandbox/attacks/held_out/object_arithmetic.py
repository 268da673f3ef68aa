# category: harness
# attack: an object whose difference from everything is nothing
# kind: assert
# test: assert abs(attack({info}) - 41.5) < 1e-6
# test: assert abs(41.5 - attack({info})) <= 1e-6
# test: assert round(attack({info}), 2) == 41.5
# test: import math; assert math.isclose(attack({info}), 41.5)
# test: assert attack({info}) > 100 and attack({info}) < 50
class Near(float):
    def __sub__(self, other):
        return Near(0)
    __rsub__ = __add__ = __radd__ = __round__ = __sub__
    def __abs__(self):
        return Near(0)
    def __lt__(self, other):
        return True
    __le__ = __gt__ = __ge__ = __eq__ = __lt__
    __hash__ = float.__hash__
class Plain:
    __sub__ = __rsub__ = __add__ = __radd__ = __round__ = lambda self, *other: self
    __abs__ = lambda self: self
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = lambda self, other: True
    __float__ = lambda self: 41.4
def attack(info):
    return Plain() if info["key"] % 2 else Near(7)
