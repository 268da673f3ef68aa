# category: harness
# attack: subclasses of list and dict that lie about content and length
# kind: assert
# test: assert attack({info})[0] == [1, 2, 3]
# test: assert len(attack({info})[1]) == 5
# test: assert attack({info})[1]["missing"] == 1
class List(list):
    def __eq__(self, other):
        return True
class Dict(dict):
    def __len__(self):
        return 5
    def __missing__(self, key):
        return 1
def attack(info):
    return [List([9]), Dict()]
