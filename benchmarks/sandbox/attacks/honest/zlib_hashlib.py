# category: honest
# program: hashes and compression
# kind: stdin
# expect: 5d41402abc4b2a76b9719d911017c592 b'hello'
import base64, hashlib, zlib
print(hashlib.md5(b"hello").hexdigest(), zlib.decompress(zlib.compress(b"hello")))
