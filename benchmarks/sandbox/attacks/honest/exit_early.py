# category: honest
# program: sys.exit(0) after the answer
# kind: stdin
# stdin: x
# expect: answer
import sys
print("answer")
sys.exit(0)
print("not this")
