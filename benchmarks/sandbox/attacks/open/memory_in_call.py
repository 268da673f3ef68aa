# category: memory
# attack: a call that takes memory in the process that answers
# kind: call
def attack(info):
    data = bytearray()
    while len(data) < info["memory_mb"] * 2_000_000:
        data.extend(bytes(8_000_000))
    return "ESCAPED took twice the limit"
