# category: harness
# attack: odd exit codes of a program
# kind: stdin
raise SystemExit({"a": 2**70})
