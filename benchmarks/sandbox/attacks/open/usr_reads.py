# category: files
# attack: read what is neither Python nor a shared library below /usr and /etc
# kind: stdin
import glob
paths = ["/usr/lib/os-release", "/etc/os-release", "/usr/lib/ssl/openssl.cnf", "/etc/ssl/openssl.cnf", "/etc/nsswitch.conf", "/etc/ld.so.conf", "/etc/bash.bashrc", "/usr/bin/env", "/bin/sh", "/usr/sbin/nologin", "/usr/lib/tmpfiles.d/tmp.conf", "/usr/lib/systemd/system/basic.target"]
paths += glob.glob("/usr/share/doc/*/copyright")[:2] + glob.glob("/usr/include/*.h")[:2] + glob.glob("/usr/local/*/*")[:3] + glob.glob("/opt/*/*")[:3] + glob.glob("/usr/lib/git-core/*")[:2]
attempts("read", read, [path for path in paths if os.path.isfile(path)])
