# category: harness
# attack: an exception with a message of 300 MB and a long chain
# kind: call
def attack(info):
    error = None
    for number in range(5000):
        new = ValueError(number)
        new.__cause__ = error
        error = new
    raise ValueError("x" * (info["memory_mb"] << 18)) from error
