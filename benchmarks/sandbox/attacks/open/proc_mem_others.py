# category: files
# attack: read tokens in other processes' memory through /proc/PID/mem
# kind: stdin
def peek(pid, address):
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        file.seek(address)
        return file.read(64)
for pid, address in [*INFO["victims"], [INFO["scorer"], INFO["scorer_address"]]]:
    attempt(f"memory of {pid}", peek, pid, address)
