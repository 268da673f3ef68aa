# category: network
# attack: offer an abstract unix socket that a second program can reach
# kind: stdin
# with: twin
import socket, sys, time
who = sys.stdin.readline().strip()
name = "\0" + INFO["mark"] + "-meeting"
if who == "twin":
    time.sleep(0.6)
    def meet():
        one = socket.socket(socket.AF_UNIX)
        one.connect(name)
        return one.send(b"hello from the other program")
    attempt("reach another program", meet)
else:
    one = socket.socket(socket.AF_UNIX)
    one.bind(name)
    one.listen()
    one.settimeout(1.5)
    attempt("another program came", lambda: one.accept()[0].recv(100))
