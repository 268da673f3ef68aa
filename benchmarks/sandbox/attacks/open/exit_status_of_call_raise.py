# category: harness
# attack: SystemExit where a value was asked for
# kind: call
# forbidden: ended
def attack(info):
    raise SystemExit(None)
