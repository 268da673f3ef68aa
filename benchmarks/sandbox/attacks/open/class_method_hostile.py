# category: harness
# attack: the class is hostile where it is built
# kind: call
# function: Solution.attack
# forbidden: unplain
class Meta(type):
    def __call__(cls, *args):
        return object.__new__(cls)
    def __getattribute__(cls, name):
        return type.__getattribute__(cls, name)
class Solution(metaclass=Meta):
    def __getattribute__(self, name):
        return lambda *args: self
