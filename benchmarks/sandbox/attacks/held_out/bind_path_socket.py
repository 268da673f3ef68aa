# category: ipc
# attack: make a unix socket in a folder
# kind: stdin
import socket
def bind(folder):
    one = socket.socket(socket.AF_UNIX)
    one.bind(os.path.join(folder, INFO["mark"] + ".sock"))
    return one.getsockname()
attempts("bind in", bind, folders())
