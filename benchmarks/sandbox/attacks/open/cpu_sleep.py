# category: cpu
# attack: sleep for ever
# kind: stdin
import time
time.sleep(10**6)
