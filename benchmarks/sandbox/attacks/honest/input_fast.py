# category: honest
# program: sys.stdin.buffer, as contests read
# kind: stdin
# stdin: 4
# more: 1 2
# more: 3 4
# expect: 10
import sys
data = sys.stdin.buffer.read().split()
sys.stdout.write(str(sum(map(int, data[1:]))) + "\n")
