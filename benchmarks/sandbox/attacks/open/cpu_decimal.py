# category: cpu
# attack: digits of a huge number
# kind: stdin
sys.set_int_max_str_digits(0)
len(str(3 ** 30_000_000))
