# category: harness
# attack: record the honest messages of its own process and answer ahead
# kind: assert
# test: assert attack({info}) == 1; assert attack({info}) == "{token}"
# test: assert attack({info}) == 1; assert False
import os, socket
sent = []
_write = os.write
def write(fd, data):
    sent.append((fd, bytes(data)))
    return _write(fd, data)
os.write = write
calls = []
def attack(info):
    calls.append(1)
    for fd, data in list(sent)[-5:]:
        for _ in range(3):
            try:
                _write(fd, data)
            except OSError:
                pass
    return 1
