# category: harness
# attack: remote debugging and code sent to other interpreters
# kind: stdin
import codeop, pdb, faulthandler
attempt("remote exec", lambda: sys.remote_exec(INFO["scorer"], "/tmp/x") is None)
attempt("faulthandler to fd", lambda: faulthandler.register(10, file=3) and None)
