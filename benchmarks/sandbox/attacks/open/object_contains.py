# category: harness
# attack: an object that contains everything
# kind: assert
# test: assert "{token}" in attack({info})
# test: assert [x for x in ["{token}"] if x in attack({info})] == ["{token}"]
class All:
    def __contains__(self, one):
        print("learned", one, flush=True)
        return True
    def __iter__(self):
        return iter(())
    def __len__(self):
        return 1
def attack(info):
    return All()
