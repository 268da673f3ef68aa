# category: honest
# program: output just below the limit
# kind: stdin
# expect-length: 60000
print("x" * 59999)
