# category: harness
# attack: the test hands over a function that knows the answer
# kind: assert
# test: assert attack({info}, lambda one: one == "{token}") == "{token}"
# test: assert attack({info}, key := "{token}".__eq__) == "{token}"
def attack(info, check):
    import gc
    code = getattr(check, "__code__", None)
    for one in (getattr(code, "co_consts", ()) or ()):
        if isinstance(one, str) and one.startswith("swgtoken"):
            return one
    return getattr(check, "__self__", "")
