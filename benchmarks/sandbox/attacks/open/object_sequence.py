# category: harness
# attack: a sequence of objects that equal everything
# kind: assert
# test: assert list(attack({info})) == ["{token}"]
# test: assert attack({info})[0] == "{token}"
# test: assert sorted(attack({info})) == ["{token}"]
# test: assert tuple(attack({info})) == ("{token}",)
# test: assert set(attack({info})) == {"{token}"}
# test: assert dict(attack({info})) == {"a": "{token}"}
class Equal(str):
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    def __hash__(self):
        return 0
    def __lt__(self, other):
        return True
class Sequence:
    def __iter__(self):
        return iter([Equal("a")])
    def __getitem__(self, at):
        return Equal("a")
    def __len__(self):
        return 1
    def keys(self):
        return [Equal("a")]
def attack(info):
    return Sequence()
