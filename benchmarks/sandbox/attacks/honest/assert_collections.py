# category: honest
# program: tuples, sets, dicts and strings across processes
# kind: assert
# test: assert attack([3, 1, 2]) == ((1, 2, 3), {1, 2, 3}, {1: "a"}, "x")
# test: assert attack((1,))[0] == (1,)
def attack(numbers):
    return tuple(sorted(numbers)), set(numbers), {1: "a"}, "x"
