# category: harness
# attack: a dict whose keys collide only where they are built again
# kind: call
class Key(int):
    def __hash__(self):
        return int(self) // (2**61 - 1)
def attack(info):
    return {Key(number * (2**61 - 1)): 0 for number in range(1, 40_000)}
