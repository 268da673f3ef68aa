# category: harness
# attack: other exceptions that leave loops
# kind: assert
# test: assert attack({info}) == "{token}"
# test: list(attack({info}) for _ in range(3)); assert False
def attack(info):
    kind = (KeyboardInterrupt, GeneratorExit, StopIteration, BaseException)[len(info) % 4]
    raise kind("leave")
