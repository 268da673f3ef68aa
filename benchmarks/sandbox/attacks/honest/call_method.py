# category: honest
# program: a method of a class, as LeetCode asks
# kind: call
# function: Solution.attack
# value: 9
class Solution:
    def __init__(self):
        self.base = 3
    def attack(self, info):
        return self.base ** 2
