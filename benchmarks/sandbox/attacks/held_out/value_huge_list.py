# category: harness
# attack: a list of millions of small values
# kind: call
def attack(info):
    return [0] * (info["memory_mb"] * 60_000)
