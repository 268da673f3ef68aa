# category: output
# attack: close the outputs and go on
# kind: stdin
import time
for fd in (0, 1, 2):
    os.close(fd)
time.sleep(20)
