# category: processes
# attack: run a file of the row
# kind: stdin
# files: {"run.sh": "#!/bin/sh\necho ESCAPED own script runs\n"}
attempt("own script", lambda: os.execv("./run.sh", ["run.sh"]))
attempt("sh of own script", lambda: os.execv("/bin/sh", ["sh", "run.sh"]))
