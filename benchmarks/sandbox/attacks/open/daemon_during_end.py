# category: processes
# attack: fork in atexit, in __del__ and while the interpreter ends
# kind: stdin
import atexit, time
class Late:
    def __del__(self):
        fork()
def fork(fork=os.fork, _exit=os._exit, write=os.write, sleep=time.sleep):
    try:
        if fork():
            write(1, b"ESCAPED fork at the end\n")
        else:
            sleep(20)
            _exit(0)
    except OSError:
        pass
late = Late()
atexit.register(fork)
