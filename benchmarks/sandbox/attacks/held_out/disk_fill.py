# category: disk
# attack: fill the disk wherever it can
# kind: stdin
block = b"\0" * (1 << 20)
for folder in folders():
    def fill():
        path = os.path.join(folder, INFO["mark"] + "-fill")
        with open(path, "wb", buffering=0) as file:
            for _ in range(300):
                file.write(block)
        return path
    if attempt(f"fill {folder}", fill):
        break
