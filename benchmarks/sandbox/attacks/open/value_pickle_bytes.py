# category: harness
# attack: bytes that would run code if they were unpickled or evaluated
# kind: call
import os
def attack(info):
    return [b"cos\nsystem\n(S'touch /tmp/" + info["mark"].encode() + b"-pickled'\ntR.", f"__import__('os').system('touch /tmp/{info['mark']}-evaluated')"]
