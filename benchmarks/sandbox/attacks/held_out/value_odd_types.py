# category: harness
# attack: generators, classes, functions, modules, open files, frames
# kind: call
# forbidden: unplain
import sys, types
def attack(info):
    return [(n for n in range(3)), attack, int, sys, sys._getframe(), types.SimpleNamespace(a=1), object(), range(5), memoryview(b"x"), slice(1), NotImplemented]
