# category: output
# attack: noise on every descriptor, then a value
# kind: call
import random
def attack(info):
    for fd in range(0, 300):
        for _ in range(20):
            try:
                os.set_blocking(fd, False)
                os.write(fd, random.Random(fd).randbytes(997))
            except OSError:
                break
    return 1
