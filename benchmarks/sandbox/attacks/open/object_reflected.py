# category: harness
# attack: comparisons from the other side
# kind: assert
# test: assert "{token}" == attack({info})
# test: assert not ("{token}" != attack({info}))
# test: assert ["{token}"] == [attack({info})]
# test: assert attack({info}) in ["{token}"]
# test: assert {"a": "{token}"} == {"a": attack({info})}
class Equal:
    def __eq__(self, other):
        print("learned", other, flush=True)
        return True
    def __ne__(self, other):
        return False
    def __hash__(self):
        return 0
def attack(info):
    return Equal()
