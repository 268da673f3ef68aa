# category: files
# attack: change the null device for everyone
# kind: stdin
attempts("chmod", lambda path: os.chmod(path, 0o600) is None, ["/dev/null", "/dev/zero", "/dev/urandom"])
attempts("replace", lambda path: os.rename(path, path + "-old") is None, ["/dev/null"])
attempt("entropy", lambda: os.write(os.open("/dev/urandom", os.O_WRONLY), b"x") and None)
attempt("ioctl of entropy", lambda: __import__("fcntl").ioctl(os.open("/dev/urandom", os.O_RDWR), 0x5206))
