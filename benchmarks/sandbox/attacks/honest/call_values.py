# category: honest
# program: every plain value comes back as it was
# kind: call
# value: [1, -2.5, "ä", null, true, [1, [2]], {"a": 1}]
def attack(info):
    return [1, -2.5, "ä", None, True, [1, [2]], {"a": 1}]
