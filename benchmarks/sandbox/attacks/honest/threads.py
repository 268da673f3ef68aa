# category: honest
# program: threads with a lock and a queue
# kind: stdin
# expect: 4950 10
import threading, queue
total = 0
lock = threading.Lock()
results = queue.Queue()
def add(start):
    global total
    for number in range(start, start + 10):
        with lock:
            total += number
    results.put(start)
threads = [threading.Thread(target=add, args=(start,)) for start in range(0, 100, 10)]
[one.start() for one in threads]
[one.join() for one in threads]
print(total, results.qsize())
