# category: honest
# program: digits of a large number
# kind: stdin
# expect: 3011 1024
import sys
sys.set_int_max_str_digits(0)
print(len(str(2**10000)), pow(2, 10, 10**9 + 7))
