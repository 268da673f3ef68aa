# category: harness
# attack: SystemExit while a test waits
# kind: assert
# test: assert attack({info}) == "{token}"
# test: attack({info}); assert False
def attack(info):
    raise SystemExit(0)
