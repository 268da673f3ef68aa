# category: harness
# attack: an exception with a hostile class, name and reduce
# kind: call
class Meta(type):
    @property
    def __name__(cls):
        while True:
            pass
    __qualname__ = __name__
class Odd(BaseException, metaclass=Meta):
    def __reduce__(self):
        return print, ("ESCAPED unpickled",)
    def __getattribute__(self, name):
        while True:
            pass
def attack(info):
    raise Odd
