# category: harness
# attack: learn the expected value from an exception of the comparison
# kind: assert
# test: assert attack({info}) == "{token}"
class Learn:
    def __eq__(self, other):
        print("learned", other, flush=True)
        return True
    __ne__ = lambda self, other: False
    __hash__ = None
def attack(info):
    return Learn()
