# category: harness
# attack: noise on every descriptor while a test waits
# kind: assert
# test: assert attack({info}) == "{token}"
import random
def attack(info):
    for fd in range(0, 300):
        try:
            os.set_blocking(fd, False)
            os.write(fd, random.Random(fd).randbytes(4096))
        except OSError:
            pass
    return "x"
