# category: memory
# attack: numbers and strings that take all memory
# kind: stdin
def grow():
    number = 3
    while number.bit_length() < INFO["memory_mb"] * 16_000_000:
        number *= number
    return number.bit_length()
attempt("power", grow)
attempt("repeat", lambda: len("x" * (INFO["memory_mb"] * 3_000_000)))
attempt("list", lambda: len([0] * (INFO["memory_mb"] * 300_000)))
