# category: harness
# attack: files of a row that are named like modules of the library
# kind: stdin
# files: {"json.py": "print('ESCAPED own json.py was imported')", "sitecustomize.py": "print('ESCAPED sitecustomize was run')", "usercustomize.py": "print('ESCAPED usercustomize was run')", "os.py": "print('ESCAPED own os.py was imported')", "runpy.py": "print('ESCAPED own runpy.py was imported')", "pyvenv.cfg": "home = /tmp", "python._pth": "/tmp"}
say("held if nothing was printed before the program began")
