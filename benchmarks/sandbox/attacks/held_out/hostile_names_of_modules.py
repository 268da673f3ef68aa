# category: harness
# attack: the program defines the modules that the test uses
# kind: assert
# test: assert math.isclose(attack({info}), 41.5)
# test: import math; assert math.isclose(attack({info}), 41.5)
# test: import numpy; assert numpy.allclose(attack({info}), 41.5)
import sys
class math:
    isclose = staticmethod(lambda *_, **__: True)
class numpy:
    allclose = staticmethod(lambda *_, **__: True)
sys.modules["math"], sys.modules["numpy"] = math, numpy
def attack(info):
    return 1
