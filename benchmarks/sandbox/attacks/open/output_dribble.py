# category: output
# attack: a character now and then
# kind: stdin
import time
while True:
    os.write(1, b".")
    time.sleep(0.05)
