# category: harness
# attack: the program is not text that Python takes
# kind: stdin
# source: \ud800 \0 \x0c def
