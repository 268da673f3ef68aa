# category: honest
# program: StringIO, BytesIO and redirected output
# kind: stdin
# expect: 6 abc 3
import io, contextlib
buffer = io.StringIO()
with contextlib.redirect_stdout(buffer):
    print("hello")
print(len(buffer.getvalue()), io.StringIO("abc").read(), len(io.BytesIO(b"abc").getvalue()))
