# category: cpu
# attack: change what the clocks say
# kind: stdin
import time
time.time = time.monotonic = time.perf_counter = time.process_time = lambda: 0.0
time.sleep, sleep = (lambda _: None), time.sleep
while True:
    sleep(1)
