# category: files
# attack: import, run or map files of other places as modules
# kind: stdin
import runpy, sys, linecache, zipimport, importlib.machinery
def load(path):
    module = importlib.machinery.SourceFileLoader("stolen", path)
    return module.get_data(path)
for secret in INFO["secrets"]:
    attempt(f"loader {secret}", load, secret)
    attempt(f"linecache {secret}", lambda: linecache.getlines(secret))
    try:
        runpy.run_path(secret)
    except (OSError, ImportError):
        pass
    except BaseException as error:
        say(f"ESCAPED run_path: {error!r}")
sys.path[:0] = [INFO["home"], INFO["cwd"], INFO["tmp"]]
attempt("import of a foreign module", lambda: __import__("canary_module"))
