# category: memory
# attack: lists, dicts and strings without end
# kind: stdin
import time
kept = []
def grow():
    for number in range(12_000_000):
        kept.append({number: str(number) * 3})
        if number % 4096 == 0 and len(kept) * 300 > INFO["memory_mb"] * 2_000_000:
            return len(kept)
attempt("small objects", grow)
