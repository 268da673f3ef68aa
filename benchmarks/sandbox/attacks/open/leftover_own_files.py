# category: persistence
# attack: change the row's files for the next case
# kind: stdin
# files: {"data.txt": "original"}
# stdin: change
# stdin: look
case = sys.stdin.readline().strip()
if open("data.txt").read() != "original":
    say("ESCAPED the second case reads what the first wrote")
attempt("write own file", lambda: open("data.txt", "w").write("changed"))
attempt("remove own file", lambda: os.unlink("data.txt") is None)
attempt("chmod own file", lambda: os.chmod("data.txt", 0o777) is None)
attempt("replace own file", lambda: os.rename("data.txt", "other.txt") is None)
attempt("new file beside it", lambda: open("new.txt", "w").write("x"))
attempt("truncate own file", lambda: os.truncate("data.txt", 0) is None)
