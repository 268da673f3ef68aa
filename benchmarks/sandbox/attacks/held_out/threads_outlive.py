# category: processes
# attack: threads that go on after the main one has ended
# kind: stdin
import threading
def spin():
    while True:
        pass
for _ in range(4):
    threading.Thread(target=spin).start()
