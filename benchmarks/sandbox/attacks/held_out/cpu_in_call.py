# category: cpu
# attack: the function never returns
# kind: call
import time
def attack(info):
    while True:
        try:
            time.sleep(100)
        except BaseException:
            pass
