# category: memory
# attack: code that is deep enough to end the compiler
# kind: stdin
for text in ("(" * 190 + ")" * 190, "-" * 200_000 + "1", "[" * 5000, "lambda:" * 3000 + "1", "x" + ".x" * 100_000, "1" + "+1" * 200_000, "f(" * 5000 + ")" * 5000):
    try:
        compile(text, "x", "eval")
    except (SyntaxError, MemoryError, RecursionError):
        pass
import ast
ast.literal_eval("-" * 1_000_000 + "1")
