# category: honest
# program: 100 MB of memory
# kind: stdin
# expect: 100000000
data = bytearray(100_000_000)
data[::4096] = b"x" * len(data[::4096])
print(len(data))
