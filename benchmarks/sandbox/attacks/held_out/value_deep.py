# category: harness
# attack: a list that is 200,000 lists deep
# kind: call
def attack(info):
    one = []
    for _ in range(200_000):
        one = [one]
    return one
