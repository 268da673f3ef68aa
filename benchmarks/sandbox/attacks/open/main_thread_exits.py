# category: processes
# attack: the first thread ends alone by the raw call, the others go on
# kind: stdin
import threading, time
def rest():
    time.sleep(0.3)
    while True:
        time.sleep(0.1)
threading.Thread(target=rest).start()
syscall(60, 0)
