# category: harness
# attack: a number with three million digits
# kind: call
def attack(info):
    return 7 ** 3_500_000
