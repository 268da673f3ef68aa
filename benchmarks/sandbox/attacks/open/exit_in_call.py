# category: harness
# attack: leave the process with success while a test waits
# kind: assert
# test: assert attack({info}) == "{token}"
import os
def attack(info):
    os._exit(0)
