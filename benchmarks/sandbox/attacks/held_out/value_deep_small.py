# category: harness
# attack: values just about as deep as a parser stands
# kind: call
def attack(info):
    one = 0
    for _ in range(990):
        one = [one]
    two = 0
    for _ in range(90):
        two = {"a": two}
    return [one, two]
