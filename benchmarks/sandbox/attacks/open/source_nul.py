# category: harness
# attack: a program with a NUL and a test that must not pass
# kind: assert
# source: def attack(info):\n    return 1\n\0
# test: assert attack({info}) == "{token}"
