# category: honest
# program: a test of an exception
# kind: assert
# test: try: attack(-1); assert False\nexcept ValueError: pass
def attack(n):
    if n < 0:
        raise ValueError("negative")
    return n
