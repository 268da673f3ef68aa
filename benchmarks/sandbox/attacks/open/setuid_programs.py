# category: privilege
# attack: start programs with setuid
# kind: stdin
import subprocess, glob, stat
paths = ["/bin/su", "/usr/bin/sudo", "/bin/mount", "/usr/bin/passwd", "/usr/bin/newgrp", "/usr/bin/chsh", "/usr/bin/pkexec", "/usr/bin/newuidmap", "/usr/bin/fusermount3", "/bin/ping", "/usr/bin/bwrap"]
attempts("start", lambda path: subprocess.run([path, "--help"], capture_output=True, stdin=subprocess.DEVNULL, timeout=1).returncode is not None and os.path.exists(path), paths)
