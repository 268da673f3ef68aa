# category: harness
# attack: exceptions whose class is made to end the test
# kind: assert
# test: attack({info}, 0); assert False
# test: attack({info}, 1); assert False
# test: attack({info}, 2); assert False
# test: import unittest; unittest.TestCase().assertEqual(attack({info}, 3), "{token}")
import unittest
class Leave(SystemExit):
    code = 0
    def __init__(self, *_):
        super().__init__(0)
class Stop(StopIteration, SystemExit):
    pass
def attack(info, way):
    if way == 0:
        raise Leave()
    if way == 1:
        raise unittest.SkipTest("skipped")
    if way == 2:
        raise type("SystemExit", (BaseException,), {"__module__": "builtins", "code": 0})(0)
    raise type("Odd", (BaseException,), {"__module__": "os", "__qualname__": "_exit"})(0)
