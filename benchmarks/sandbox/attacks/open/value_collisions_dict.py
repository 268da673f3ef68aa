# category: harness
# attack: a dict built by shifted order, cheap here and costly elsewhere
# kind: call
def attack(info):
    keys = [number << 40 for number in range(1, 60_000)]
    return dict.fromkeys(keys, 0)
