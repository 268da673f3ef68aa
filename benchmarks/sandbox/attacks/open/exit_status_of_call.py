# category: harness
# attack: leave with success where a value was asked for
# kind: call
# forbidden: ended
import os
def attack(info):
    os._exit(0)
