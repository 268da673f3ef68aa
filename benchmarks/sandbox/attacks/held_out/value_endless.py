# category: harness
# attack: a list that contains itself
# kind: call
def attack(info):
    one = [1]
    one.append(one)
    return one
