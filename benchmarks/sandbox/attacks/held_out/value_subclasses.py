# category: harness
# attack: subclasses of plain types with hostile methods
# kind: call
class Text(str):
    def __str__(self):
        while True:
            pass
    __repr__ = __len__ = __iter__ = encode = __hash__ = __str__
class Whole(int):
    def __index__(self):
        while True:
            pass
    __int__ = __repr__ = __str__ = bit_length = __index__
class Rows(list):
    def __iter__(self):
        while True:
            yield 1
class Names(dict):
    def items(self):
        while True:
            yield 1, 2
    keys = values = __iter__ = items
def attack(info):
    return [Text("a"), Whole(1), Rows([1]), Names(a=1)]
