# category: cpu
# attack: a pattern that takes for ever
# kind: stdin
import re
re.match(r"(a+)+$", "a" * 60 + "b")
