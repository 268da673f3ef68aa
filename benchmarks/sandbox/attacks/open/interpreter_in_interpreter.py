# category: harness
# attack: subinterpreters and embedded starts
# kind: stdin
import ctypes
attempt("subinterpreter forks", lambda: __import__("_xxsubinterpreters").run_string(__import__("_xxsubinterpreters").create(), "import os; pid = os.fork(); pid or os._exit(0); print('ESCAPED fork in a subinterpreter')") and None)
