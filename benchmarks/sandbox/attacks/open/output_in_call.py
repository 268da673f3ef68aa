# category: output
# attack: a call that writes without end
# kind: call
def attack(info):
    while True:
        sys.stdout.write("x" * 4096)
