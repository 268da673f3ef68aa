# ruff: noqa: RUF001  other scripts are the subject
"""Units and counters of Chinese, Japanese, Korean and Russian answers, by their English names."""

import re

SCRIPT = r"\u4e00-\u9fff\u3040-\u30ff\uac00-\ud7af"
# chars that deny, bound or change what is counted: not, if, about, at least, twice, except, wrong, maybe
DOUBT = re.compile(
    "不|没|沒|非|未|否|若|如|假|或|约|約|大概|至少|最多|至多|最少|超|少于|多于|以上|以下|左右|倍|分之|除|错|錯|误|誤|试|試|可能|"
    "也许|吗|吧|比|排|第|号|ない|ません|もし|か$|かも|아니|않|없|만약|약|이상|이하|또는|까$"
)
_COPULA = re.compile("(?:です|である|だ|になります|입니다|이다|이에요|。)$")
_MEASURED = re.compile(
    rf"(?:一共|总共|共有?|总计|합계|총|計)?\s*(.*[\d)}}])\s*([{SCRIPT}][{SCRIPT}/]*|[а-яё]+(?:/[а-яё]+)?)\.?", re.DOTALL
)
_UNITS = {word: unit for unit, words in {
    "m": "米 メートル 미터 м", "cm": "厘米 公分 センチメートル センチ 센티미터 см",
    "mm": "毫米 ミリメートル 밀리미터 мм", "dm": "分米",
    "km": "千米 公里 キロメートル 킬로미터 км", "g": "克 グラム 그램 г", "kg": "千克 公斤 キログラム 킬로그램 кг", "mg": "毫克",
    "tonne": "吨 噸 トン 톤", "L": "升 リットル 리터 л", "mL": "毫升 ミリリットル мл", "s": "秒 秒钟 초 с сек",
    "minute": "分钟 分鐘 분 мин", "hour": "小时 小時 時間 时 시간 ч час часа часов", "day": "天 日 일 день дня дней",
    "week": "周 星期 週間",
    "month": "个月 月 か月 개월", "year": "年 년 лет год года", "yuan": "元 块 块钱 人民币", "dollar": "美元 ドル 달러 долларов",
    "yen": "円 日元", "degree": "度 도", "mile": "英里", "radian": "弧度",
}.items() for word in words.split()}  # fmt: skip
_ZEROS = {"百": 2, "千": 3, "万": 4, "萬": 4, "만": 4, "亿": 8, "億": 8, "억": 8}
_POWERS = {"平方": "square ", "立方": "cubic ", "제곱": "square ", "세제곱": "cubic "}
COUNTER = "pieces"  # whatever else is counted: 12个, 12 штук


def in_english(text: str) -> str | None:
    """A number with a unit or counter of another script in English; None for any other text.

    >>> in_english("24平方厘米"), in_english("12个苹果"), in_english("3万元"), in_english("5倍")
    ('24 square cm', '12 pieces', '3 \\\\cdot 10^4 yuan', None)
    """
    measured = _MEASURED.fullmatch(text)
    if not measured or DOUBT.search(measured[2]):
        return None
    number, word = measured[1], without_copula(measured[2])
    if word[:1] in _ZEROS and word not in _UNITS:
        number, word = f"{number} \\cdot 10^{_ZEROS[word[0]]}", word[1:]
    return f"{number} {_unit(word)}".strip()


def _unit(word: str) -> str:
    if word in _UNITS or not word:
        return _UNITS.get(word, "")
    for sign in ("/", "每"):
        top, found, bottom = word.partition(sign)
        if found and top in _UNITS and bottom in _UNITS:
            return f"{_UNITS[top]}/{_UNITS[bottom]}"
    for power, english in _POWERS.items():
        if word.startswith(power) and word.removeprefix(power) in _UNITS:
            return english + _UNITS[word.removeprefix(power)]
    return COUNTER


def without_copula(word: str) -> str:
    """The text without the Japanese or Korean "is" at its end.

    >>> without_copula("個です"), without_copula("개입니다")
    ('個', '개')
    """
    return _COPULA.sub("", word)
