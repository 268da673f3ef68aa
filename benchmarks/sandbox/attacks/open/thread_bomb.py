# category: processes
# attack: thousands of threads
# kind: stdin
import threading, time
threading.stack_size(32768)
stop = threading.Event()
alive = 0
try:
    while alive < 5000:
        threading.Thread(target=stop.wait, args=(3,), daemon=True).start()
        alive += 1
except (RuntimeError, MemoryError):
    pass
say(f"{alive} threads")
if alive >= 5000:
    say("ESCAPED 5000 threads")
os._exit(0)
