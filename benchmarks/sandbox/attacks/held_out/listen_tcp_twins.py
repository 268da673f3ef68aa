# category: network
# attack: two programs that meet on a TCP port
# kind: stdin
# with: twin
import socket, sys, time
who = sys.stdin.readline().strip()
if who == "twin":
    time.sleep(0.6)
    attempt("reach another program", lambda: socket.create_connection(("127.0.0.1", INFO["listen_port"]), 0.5).send(b"hello"))
else:
    one = socket.socket()
    one.bind(("127.0.0.1", INFO["listen_port"]))
    one.listen()
    one.settimeout(1.5)
    attempt("another program came", lambda: one.accept()[0].recv(100))
