# category: harness
# attack: a list that another thread changes while it is read
# kind: call
import threading
one = [1] * 1000
def change():
    while True:
        one.append([1])
        one[:500] = []
        one.extend([2] * 400)
def attack(info):
    threading.Thread(target=change, daemon=True).start()
    return one
