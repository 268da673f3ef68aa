# category: harness
# attack: an audit hook that refuses whatever the harness does
# kind: assert
# test: assert attack({info}) == "{token}"
import sys, os
ready = []
def hook(event, args):
    if ready and not event.startswith(("object.", "sys._getframe")):
        os._exit(0)
def attack(info):
    ready.append(1)
    return ""
sys.addaudithook(hook)
