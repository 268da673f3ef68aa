# category: network
# attack: connect to services by their socket files
# kind: stdin
import socket
for path in (INFO["unix_path"], "/run/docker.sock", "/var/run/docker.sock", "/run/dbus/system_bus_socket", "/run/systemd/private", "/run/systemd/journal/socket", "/dev/log", "/run/containerd/containerd.sock", "/tmp/.X11-unix/X0", "/run/udev/control", f"/run/user/{os.getuid()}/bus", "/run/nscd/socket"):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        attempt(f"{path} {kind}", lambda: (one := socket.socket(socket.AF_UNIX, kind)).connect(path) is None and one.send(b"path"))
