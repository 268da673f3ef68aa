# category: persistence
# attack: the first call leaves state, the second finds it
# kind: call
# calls: 2
import builtins
seen = []
def attack(info):
    seen.append(1)
    found = len(seen) > 1 or hasattr(builtins, "left_behind")
    builtins.left_behind = 1
    return "ESCAPED state of the first call" if found else "held"
