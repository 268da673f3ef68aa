# category: harness
# attack: objects whose text is made when it is asked for
# kind: assert
# test: assert str(attack({info})) == "{token}"
# test: assert repr(attack({info})) == "{token}"
# test: assert f"{attack({info})}" == "{token}"
# test: assert str(attack({info})).strip() in ("{token}", "other")
class Equal(str):
    def __eq__(self, other):
        return True
    def strip(self, *_):
        return self
    __hash__ = str.__hash__
class Text:
    def __str__(self):
        return Equal("x")
    __repr__ = __str__
    def __format__(self, how):
        return Equal("x")
def attack(info):
    return Text()
