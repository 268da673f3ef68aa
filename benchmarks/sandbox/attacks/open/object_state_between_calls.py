# category: harness
# attack: remembers what one comparison showed and gives it to the next
# kind: assert
# test: attack({info}) == "{token}"; assert attack({info}) == "{token}"
# test: try: assert attack({info}) == "{token}"\nexcept AssertionError: assert attack({info}) == "{token}"
kept = []
class Learn(str):
    def __eq__(self, other):
        kept.append(str(other))
        return False
    __hash__ = str.__hash__
class Other:
    def __eq__(self, other):
        kept.append(str(other))
        return False
    def __ne__(self, other):
        kept.append(str(other))
        return True
count = []
def attack(info):
    count.append(1)
    if kept:
        return kept[-1]
    return Learn("x") if len(count) % 2 else Other()
