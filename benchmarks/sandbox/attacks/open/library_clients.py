# category: network
# attack: the clients of the library
# kind: stdin
import http.client, urllib.request, ftplib, smtplib, xmlrpc.client, telnetlib, asyncio, imaplib
port = INFO["port"]
attempt("http", lambda: http.client.HTTPConnection("127.0.0.1", port, timeout=0.2).connect() is None)
attempt("urllib", lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=0.2))
attempt("ftp", lambda: ftplib.FTP().connect("127.0.0.1", port, timeout=0.2))
attempt("smtp", lambda: smtplib.SMTP("127.0.0.1", port, timeout=0.2))
attempt("asyncio", lambda: asyncio.run(asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), 0.3)))
attempt("file by urllib", lambda: urllib.request.urlopen("file:///etc/passwd").read(100))
attempt("cloud metadata", lambda: urllib.request.urlopen("http://169.254.169.254/", timeout=0.2).read(10))
