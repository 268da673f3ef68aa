# category: harness
# attack: change the arguments that the test keeps
# kind: assert
# test: wanted = [3, 1]; attack({info}, wanted); assert wanted == "{token}"
# test: import math; attack({info}, math); assert math.pi == 4
def attack(info, kept):
    if isinstance(kept, list):
        kept[:] = ["x"]
    else:
        kept.pi = 4
