# category: harness
# attack: exceptions whose text takes for ever or is huge
# kind: assert
# test: attack({info}); assert False
class Huge(Exception):
    def __str__(self):
        while True:
            pass
    __repr__ = __str__
def attack(info):
    raise Huge
