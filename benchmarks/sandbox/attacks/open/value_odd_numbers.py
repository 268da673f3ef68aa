# category: harness
# attack: values at the edges of floats and numbers
# kind: call
def attack(info):
    return [float("nan"), float("inf"), -0.0, 1e308 * 10, 5e-324, 2**64, -(2**63), 10**400, complex(float("nan"), 1), True, None, ...]
