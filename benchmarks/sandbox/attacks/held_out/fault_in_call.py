# category: harness
# attack: a fault in the process where a value was asked for
# kind: call
# forbidden: ended
import ctypes
def attack(info):
    return ctypes.string_at(8)
