# category: harness
# attack: plain values that look like the harness' own marks
# kind: assert
# test: assert attack({info}) == (1, 2)
# test: assert type(attack({info})) is set
# test: assert isinstance(attack({info}), Exception)
# test: assert attack({info}) == b"x"
import itertools
def attack(info):
    return {"__tuple__": [1, 2], "$set": [1], "__type__": "set", "type": "tuple", "t": "bytes", "value": [1, 2], "__class__": "set", "py/object": "builtins.set", "__reduce__": ["os.system", "true"], "__complex__": True}
