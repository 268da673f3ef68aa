# category: cpu
# attack: the function called by a test never returns
# kind: assert
# test: attack({info})
def attack(info):
    while True:
        pass
