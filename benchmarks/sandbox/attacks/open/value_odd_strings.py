# category: harness
# attack: half characters, NULs, terminal sequences and separators in values and keys
# kind: call
def attack(info):
    return {"\ud800": "\udfff\0\x1b]0;x\x07\u2028\n", "": {"\0": "\r"}, "\n": [b"\xff\n", "\U0010ffff"]}
