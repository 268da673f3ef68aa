# category: persistence
# attack: leave something that runs later: cron, at, systemd, start files
# kind: stdin
candidates = ["/var/spool/cron/crontabs/" + INFO["mark"], "/etc/cron.d/" + INFO["mark"], "/etc/profile.d/" + INFO["mark"], "/etc/systemd/system/" + INFO["mark"], "/etc/ld.so.preload", "/etc/rc.local", "/var/spool/at/" + INFO["mark"]]
candidates += [os.path.join(home, name) for home in (INFO["home"], os.path.expanduser("~"), "/root") for name in (".bashrc", ".profile", ".ssh/authorized_keys", ".config/autostart/x", ".pythonrc", ".config/systemd/user/x.service")]
attempts("write", lambda path: os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), candidates)
