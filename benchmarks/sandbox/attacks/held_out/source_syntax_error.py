# category: harness
# attack: a program that does not parse must not pass
# kind: assert
# test: assert True or attack({info})
def attack(info:
