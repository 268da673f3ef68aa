# category: cpu
# attack: eight busy threads
# kind: stdin
import threading, hashlib
def work():
    data = bytes(1 << 22)
    while True:
        hashlib.sha256(data).digest()
for _ in range(8):
    threading.Thread(target=work).start()
