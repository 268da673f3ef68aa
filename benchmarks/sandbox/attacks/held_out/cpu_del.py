# category: cpu
# attack: busy for ever while the interpreter is taken down
# kind: stdin
class Late:
    def __del__(self):
        while True:
            pass
import builtins
builtins.late = Late()
