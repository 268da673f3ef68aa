# category: disk
# attack: modules of the library that write files
# kind: stdin
import dbm.dumb, logging, shelve, sqlite3, zipfile, tarfile, gzip, py_compile, cProfile, trace, faulthandler
for folder in ("/tmp", "/var/tmp", "/dev/shm", ".", INFO["cwd"], INFO["home"]):
    base = os.path.join(folder, INFO["mark"])
    for what, write in (("sqlite", lambda: sqlite3.connect(base + ".db").execute("create table t (x)")), ("zip", lambda: zipfile.ZipFile(base + ".zip", "w")), ("tar", lambda: tarfile.open(base + ".tar", "w")), ("gzip", lambda: gzip.open(base + ".gz", "wb")), ("logging", lambda: logging.FileHandler(base + ".log")), ("py_compile", lambda: py_compile.compile(os.__file__, base + ".pyc"))):
        try:
            attempt(f"{what} in {folder}", write)
        except Exception:
            pass
