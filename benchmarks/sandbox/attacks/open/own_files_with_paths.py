# category: files
# attack: files of a row whose names point out of the working folder
# kind: stdin
# files: {"../MARK-up": "x", "/tmp/MARK-absolute": "x", "a/../../MARK-middle": "x", "/var/tmp/MARK-var": "x", "ok.txt": "fine"}
attempts("find it", read, [f"../{INFO['mark']}-up", f"/tmp/{INFO['mark']}-absolute", f"../../{INFO['mark']}-up", f"/var/tmp/{INFO['mark']}-var"])
