# category: disk
# attack: the library's own ways to a temporary file
# kind: stdin
import tempfile
attempt("TemporaryFile", lambda: tempfile.TemporaryFile().write(b"x"))
attempt("NamedTemporaryFile", lambda: tempfile.NamedTemporaryFile(prefix=INFO["mark"], delete=False).name)
attempt("mkdtemp", lambda: tempfile.mkdtemp(prefix=INFO["mark"]))
attempt("spooled", lambda: tempfile.SpooledTemporaryFile(max_size=1).write(b"more than one") and None)
for folder in folders():
    attempt(f"O_TMPFILE in {folder}", lambda: os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600))
