# category: files
# attack: open keys and tokens under the home folder of the user
# kind: stdin
attempts("read", read, INFO["secrets"])
attempts("list", os.listdir, [INFO["home"], INFO["home"] + "/.ssh", "/root", INFO["cwd"], "/etc", "/var/log"])
