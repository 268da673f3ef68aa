# category: honest
# program: a function that prints and returns
# kind: call
# value: 3
def attack(info):
    print("debug")
    return 3
