# category: harness
# attack: an object that equals everything
# kind: assert
# test: assert attack({info}) == "{token}"
class Equal:
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    def __hash__(self):
        return 0
def attack(info):
    return Equal()
