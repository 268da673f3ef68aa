# category: output
# attack: shut the ends down if they are sockets
# kind: stdin
import socket, time
for fd in range(0, 64):
    try:
        socket.socket(fileno=os.dup(fd)).shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
time.sleep(20)
