# category: harness
# attack: attributes that run code where they are looked up
# kind: assert
# test: assert attack({info}).value == "{token}"
class Any:
    def __getattr__(self, name):
        return self
    def __call__(self, *args):
        return self
    def __eq__(self, other):
        return True
    def __bool__(self):
        return True
def attack(info):
    return Any()
