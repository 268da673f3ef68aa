# category: output
# attack: terminal sequences, NULs, half characters and odd line ends
# kind: stdin
sys.stdout.buffer.write(b"\x1b]0;owned\x07\x1b[31m\0\0\r\r\n\x85\xe2\x80\xa8\xed\xa0\x80\xff" * 50)
sys.stderr.buffer.write(b"\x1b]0;owned\x07\0\xff\xed\xa0\x80" * 50)
