# category: cpu
# attack: busy for ever after the program's end
# kind: stdin
import atexit
@atexit.register
def late():
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
