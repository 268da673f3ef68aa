# category: harness
# attack: a subclass of str that equals everything
# kind: assert
# test: assert attack({info}) == "{token}"
class Equal(str):
    def __eq__(self, other):
        return True
    def __hash__(self):
        return 0
def attack(info):
    return Equal("x")
