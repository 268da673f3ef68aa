# category: harness
# attack: plain values that are not what the test wants
# kind: assert
# test: assert attack({info}) == 0.5 or attack({info}) is True
# test: assert attack({info}) != attack({info}) and attack({info}) == 3
def attack(info):
    return float("nan")
