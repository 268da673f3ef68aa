# category: harness
# attack: a value that is small here and huge when written out
# kind: call
def attack(info):
    one = ["x" * 100_000]
    for _ in range(40):
        one = [one, one]
    return one
