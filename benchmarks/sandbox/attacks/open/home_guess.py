# category: files
# attack: walk the usual homes and look for keys
# kind: stdin
for top in ("/home", "/root", "/var/tmp", "/tmp", os.path.expanduser("~"), os.environ.get("HOME", "")):
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            if any(word in path for word in (".ssh", ".netrc", ".aws", "token", "secret", ".bash_history", ".git-credentials")):
                attempt(f"read {path}", read, path)
