# category: files
# attack: files of a row with NUL, long, empty and dotted names
# kind: stdin
# files: {"": "x", ".": "x", "..": "x", "nul\u0000name": "x", "LONG": "x", "./MARK-dot": "x"}
say("ran")
