"""Five hundred texts as a hostile or careless hand would type them into a form."""

import random
import unicodedata

_SEEDS = [
    '=cmd|"/c calc"!A1', "=1+1", "+1+1", "-2+3", "@SUM(1)", "＝1+1", "\t=1+1", "\r=1+1", "\n=1+1",
    '=HYPERLINK("http://evil.example/x","甲")', '=WEBSERVICE("http://evil.example")',
    '=DDE("cmd";"/C calc";"x")', "{=SUM(A1:A2)}", "'=1", '"=1"', "|cmd", "%0A=1",
    "{{ 7*7 }}", "{{ name.__class__ }}", "{% for x in y %}", "{% endfor %}", "{# a #}", "{%p if %}",
    "{%tr endfor %}", "{{r x }}", "{{", "}}", "{%", "%}", "${7*7}", "#{7*7}", "<%= 7 %>",
    "{a}", "{0}", "{said}", "%s %d", "<w:p/>", "</w:t></w:r>", "<script>alert(1)</script>", "]]>",
    "<![CDATA[x]]>", "&amp;", "&lt;b&gt;", "&#0;", "&#x1F600;", "&nbsp;", '<!ENTITY x "y">', "<!--",
    "&C&P&A&F&[Path]", '&"黑体"&40大', "A&&B", "http://example.com/a?b=c", "https://例子.中国/",
    "mailto:a@b.c", "internal:Sheet1!A1", "external:C:\\x.xlsx", "file:///etc/passwd", "\\\\host\\x",
    "../../etc/passwd", 'a/b\\c:d*e?f"g<h>i|j', "CON", "nul.txt", "a\x00b", "a\x01b", "\x07", "\x1b[31m红",
    "a\x0bb", "a\x0cb", "a\x7fb", "a\x85b", "a\u2028b", "a\u2029b", "\ufeff开头", "a\ufffeb", "a\uffffb",
    "a\ud800b", "\udfff", "\U0001f600笑", "👨‍👩‍👧‍👦家", "🇨🇳", "\u202e反的\u202c", "\u2066a\u2069", "\u200b空",
    "a\u0301\u0302\u0303\u0304", "ﬁ", "㎡㎥㏄", "１２３", "龘靐齉𠀀𪚥", "אבג", "مرحبا", "ไทย", "한글",
    "a\tb", "a\nb", "a\r\nb", "  前后空格  ", "\u3000全角\u3000", "_x0041_", "_x000D_", "x_x005F_y",
    "'" * 50, '"' * 50, "0012", "1e5", "1/2", "2026-06-30", "true", "#REF!", "#N/A", "-", "—",
    "长" * 2000, "=" + "9" * 3000, "超长" * 20000, "x" * 33000, "a b " * 300,
]  # fmt: skip


def hostile_texts(count=500):
    """Return that many different texts: the seeds, then seeds set together."""
    chance = random.Random(8)
    found = dict.fromkeys(_SEEDS)
    short = [seed for seed in _SEEDS if len(seed) < 60]
    while len(found) < count:
        parts = [chance.choice(short) for _ in range(chance.randint(2, 4))]
        found[chance.choice(["", " ", "\n", "、"]).join(parts)] = None
    # A cell takes so much; what is cut there would take its neighbours in the cell with it.
    return sorted(found, key=lambda text: len(text) < 1_000)


def visible(text):
    """Return what of a text can be seen: no blanks, no controls, no halves of characters."""
    return "".join(
        sign
        for sign in unicodedata.normalize("NFC", text)
        if not sign.isspace()
        and unicodedata.category(sign) not in {"Cc", "Cs"}
        and ord(sign) & 0xFFFE != 0xFFFE
    )
