# category: output
# attack: threads that write after the main one has ended
# kind: stdin
import threading
def write():
    while True:
        os.write(1, b"later\n")
for _ in range(3):
    threading.Thread(target=write).start()
