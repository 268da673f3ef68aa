# category: honest
# program: tests of usual kinds
# kind: assert
# test: assert attack(2) == 4
# test: assert attack(-1.5) == 2.25 and attack(0) == 0
# test: assert abs(attack(0.1) - 0.01) < 1e-9
# test: import math; assert math.isclose(attack(3), 9)
# test: for n in range(5): assert attack(n) == n * n
def attack(n):
    return n * n
