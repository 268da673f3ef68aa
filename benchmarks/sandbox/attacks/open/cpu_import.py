# category: cpu
# attack: the module never finishes its own start
# kind: call
while True:
    pass
def attack(info):
    return 1
