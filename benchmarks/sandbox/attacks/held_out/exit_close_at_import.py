# category: harness
# attack: close every descriptor at the start, then return
# kind: call
# forbidden: ended
import os
os.closerange(0, 1024)
def attack(info):
    return 1
