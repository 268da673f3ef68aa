# category: harness
# attack: a program that never defines what the test calls
# kind: assert
# test: assert attack({info}) is None
# test: assert attack is None
value = 1
