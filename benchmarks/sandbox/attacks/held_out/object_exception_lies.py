# category: harness
# attack: exceptions that pretend to be what the test expects
# kind: assert
# test: attack({info}); raise AssertionError
# test: try: attack({info})\nexcept KeyError as error: assert error.args == ("{token}",)\nelse: assert False
# test: try: attack({info})\nexcept Exception as error: assert str(error) == "{token}"
class Args(tuple):
    def __eq__(self, other):
        return True
class Lie(KeyError):
    args = Args()
    def __str__(self):
        return Equal("x")
class Equal(str):
    def __eq__(self, other):
        return True
    __hash__ = str.__hash__
def attack(info):
    raise Lie("x")
