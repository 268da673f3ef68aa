# category: harness
# attack: an exit code whose text never ends
# kind: stdin
class Odd:
    def __str__(self):
        while True:
            pass
sys.exit(Odd())
