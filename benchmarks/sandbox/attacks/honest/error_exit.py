# category: honest
# program: an uncaught exception ends with status 1
# kind: stdin
# expect: before
# exit: 1
print("before")
raise ValueError("wrong")
