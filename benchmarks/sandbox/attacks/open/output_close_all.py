# category: output
# attack: close every descriptor and go on
# kind: stdin
import time
os.closerange(0, 4096)
while True:
    time.sleep(1)
