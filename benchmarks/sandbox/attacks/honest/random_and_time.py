# category: honest
# program: random, time, datetime, secrets, uuid
# kind: stdin
# expect: True True True 32 2020-02-29
import datetime, random, secrets, time, uuid
begin = time.perf_counter()
time.sleep(0.05)
print(time.perf_counter() > begin, time.time() > 1.6e9, 0 <= random.random() < 1, len(uuid.uuid4().hex), datetime.date(2020, 2, 28) + datetime.timedelta(1))
secrets.token_hex(4)
