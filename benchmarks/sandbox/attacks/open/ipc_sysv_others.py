# category: ipc
# attack: look at System V objects of the machine
# kind: stdin
import ctypes
raw = libc()
for number in range(0, 64):
    buffer = ctypes.create_string_buffer(512)
    for name, call, command in (("shared memory", raw.shmctl, 13), ("queue", raw.msgctl, 11)):
        if call(number, command, buffer) >= 0:
            say(f"ESCAPED sees {name} {number}")
attempt("the canary segment", lambda: raw.shmget(INFO["canary_key"], 0, 0) >= 0)
