# category: cpu
# attack: many cases, each just below the limit
# kind: assert
# test: attack({info}); assert False
# test: attack({info}); assert False
# test: attack({info}); assert False
# test: attack({info}); assert False
# test: attack({info}); assert False
# test: attack({info}); assert False
import time
def attack(info):
    time.sleep(info["seconds"] - 0.3)
