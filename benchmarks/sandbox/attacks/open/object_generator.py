# category: harness
# attack: an endless generator and a hostile one
# kind: assert
# test: assert list(attack({info}, 0)) == ["{token}"]
# test: assert sum(attack({info}, 1)) == -1
# test: assert next(iter(attack({info}, 2))) == "{token}"
class Raises:
    def __iter__(self):
        return self
    def __next__(self):
        raise SystemExit(0)
def attack(info, way):
    if way == 0:
        return iter(int, 1)
    if way == 1:
        return (n for n in iter(lambda: 1, 0))
    return Raises()
