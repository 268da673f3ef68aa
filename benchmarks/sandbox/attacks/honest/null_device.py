# category: honest
# program: writes to the null device
# kind: stdin
# expect: kept
import os, sys, contextlib
with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing):
    print("lost")
print("kept")
