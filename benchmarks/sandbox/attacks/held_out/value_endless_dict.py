# category: harness
# attack: a dict that contains itself, deep down
# kind: call
def attack(info):
    one = {}
    one["a"] = [({"b": one},)]
    return one
