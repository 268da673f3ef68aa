# category: cpu
# attack: wait for what never comes: locks, selects, pauses, joins
# kind: stdin
import threading, signal, select
threading.Thread(target=lambda: threading.Event().wait()).start()
threading.Thread(target=lambda: select.select([], [], [])).start()
signal.pause()
lock = threading.Lock()
lock.acquire()
lock.acquire()
