# category: files
# attack: change the folder first, then read without a path
# kind: stdin
for secret in INFO["secrets"] + ["/etc/passwd"]:
    def walk(secret=secret):
        os.chdir("/")
        for part in secret.strip("/").split("/")[:-1]:
            os.chdir(part)
        return read(secret.rpartition("/")[2])
    attempt(f"walk to {secret}", walk)
