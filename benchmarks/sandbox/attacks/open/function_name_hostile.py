# category: harness
# attack: the asked name is an object, not a function
# kind: call
# forbidden: unplain
class Odd:
    def __call__(self, *args):
        return self
    def __getattr__(self, name):
        return self
attack = Odd()
