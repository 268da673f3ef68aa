# category: harness
# attack: objects with lying lengths and endless iteration
# kind: call
class Lying(list):
    def __len__(self):
        return 1 << 40
    def __getitem__(self, at):
        return self
class Negative(tuple):
    def __len__(self):
        return -1
def attack(info):
    return [Lying([1]), Negative((1,))]
