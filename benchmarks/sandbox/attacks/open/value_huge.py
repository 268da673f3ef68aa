# category: harness
# attack: a value of hundreds of megabytes
# kind: call
def attack(info):
    return "x" * (info["memory_mb"] << 19)
