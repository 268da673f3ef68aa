# category: honest
# program: exit() as beginners write it
# kind: stdin
# expect: done
print("done")
exit()
