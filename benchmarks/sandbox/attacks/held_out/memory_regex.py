# category: memory
# attack: a pattern that takes memory and time
# kind: stdin
import re
attempt("nested repeats", lambda: re.compile("(?:" * 90 + "a" + "){1,9}" * 90) and None)
attempt("groups", lambda: re.match("((a|b)*)*c", "ab" * 5_000_000) and None)
