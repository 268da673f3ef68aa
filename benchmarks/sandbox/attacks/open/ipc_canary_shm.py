# category: ipc
# attack: attach to shared memory of other programs
# kind: stdin
import glob
attempts("read", read, [INFO["shm"], *glob.glob("/dev/shm/*")[:10]])
attempts("write", lambda path: os.open(path, os.O_RDWR), [INFO["shm"], *glob.glob("/dev/shm/*")[:10]])
raw = libc()
attempt("shm_open", lambda: raw.shm_open(("/" + os.path.basename(INFO["shm"])).encode(), 0, 0) + 1)
