# category: harness
# attack: replaces itself in sys.modules and as the main module
# kind: call
# forbidden: unplain
import sys, types
class Fake(types.ModuleType):
    def __getattr__(self, name):
        return lambda *_: Fake("x")
sys.modules["__main__"] = sys.modules[__name__] = Fake("fake")
def attack(info):
    return Fake("y")
