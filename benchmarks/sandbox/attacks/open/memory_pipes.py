# category: memory
# attack: fill pipes
# kind: stdin
import fcntl
total = 0
pipes = []
try:
    while total < INFO["memory_mb"] * 2 << 20:
        reading, writing = os.pipe()
        pipes.append((reading, writing))
        for size in (1 << 20, 1 << 18):
            try:
                fcntl.fcntl(writing, 1031, size)
                break
            except OSError:
                pass
        os.set_blocking(writing, False)
        try:
            while True:
                total += os.write(writing, bytes(65536))
        except BlockingIOError:
            pass
except OSError:
    pass
say(f"{total >> 20} MB in {len(pipes)} pipes")
if total > INFO["memory_mb"] << 20:
    say("ESCAPED pipes hold more than the limit")
