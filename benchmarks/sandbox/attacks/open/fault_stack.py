# category: harness
# attack: overflow of the stack in C
# kind: stdin
import sys
sys.setrecursionlimit(10**9)
one = []
for _ in range(10**6):
    one = [one]
print(len(repr(one)))
