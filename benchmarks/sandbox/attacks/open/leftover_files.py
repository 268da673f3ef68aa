# category: persistence
# attack: the first case leaves a file, the second looks for it
# kind: stdin
# stdin: leave
# stdin: find
case = sys.stdin.readline().strip()
for folder in folders():
    path = os.path.join(folder, INFO["mark"] + "-kept")
    try:
        if case == "leave":
            open(path, "w").write("kept")
        elif os.path.exists(path):
            say(f"ESCAPED found {path}")
    except OSError:
        pass
