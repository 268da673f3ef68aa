# category: output
# attack: error output without end while a test waits
# kind: assert
# test: attack({info})
def attack(info):
    while True:
        os.write(2, b"e" * 65536)
