# category: honest
# program: for line in sys.stdin
# kind: stdin
# stdin: a
# more: b
# expect: 1a2b
import sys
for number, line in enumerate(sys.stdin, start=1):
    print(number, line.rstrip("\n"), sep="", end="")
print()
