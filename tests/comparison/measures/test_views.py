import numpy as np
import pandas as pd
import pytest

import explorer
from explorer.comparison.measures.views import two_views
from explorer.errors import ColumnError


def views_of(*texts, groups=None):
    corpus = explorer.open_corpus(list(texts))
    rows = np.arange(len(texts))
    return two_views(corpus, rows, rows if groups is None else np.array(groups))


@pytest.mark.parametrize(
    ("text", "left", "right"),
    [
        (
            "The first sentence is here. Then comes another one! And a last one.",
            "The first sentence is here.",
            "Then comes another one! And a last one.",
        ),
        ("no sentence ends in these several words", "no sentence ends in", "these several words"),
        ("He said: “This is the end of it.” Nobody else had answered.",
         "He said: “This is the end of it.”", "Nobody else had answered."),
        ("Only a single line here\nand then some more", "Only a single line here", "and then some more"),
        ("这是第一个句子的全部内容。这是另外一个完全不同的句子。",
         "这是第一个句子的全部内容。", "这是另外一个完全不同的句子。"),
        ("我的包裹还没有到，请尽快处理", "我的包裹还没有到，", "请尽快处理"),
        # The sentence end nearest to the middle would leave too short a half.
        ("Yes. The parcel from last week has still not arrived here",
         "Yes. The parcel from last", "week has still not arrived here"),
        ("version 2.5 of the firmware failed to install", "version 2.5 of the", "firmware failed to install"),
    ],
)  # fmt: skip
def test_a_text_is_divided_at_the_sentence_end_nearest_its_middle_or_at_a_space(text, left, right):
    views = views_of(text)
    assert (views.left, views.right) == ((left,), (right,))
    assert views.short == 0


def test_words_of_both_views_are_masked_in_both():
    views = views_of("My camera's battery is dead and swollen. The Camera itself, and its battery, are here.")
    assert views.hidden[0] == {"battery", "and"}  # "camera's" is another word than "camera"
    masked = views.masked()
    assert masked.left == ("My camera's is dead swollen.",)
    assert masked.right == ("The Camera itself, its are here.",)
    assert masked.rows.tolist() == views.rows.tolist()


def test_chinese_and_japanese_are_masked_by_pairs_of_characters():
    views = views_of(
        "我的相机电池坏了，充电器也不工作。请问什么时候可以更换相机电池？",
        "カメラの電池が膨らんでいます。新しい電池はいつ届きますか、教えてください。",
        "iPhone手机的屏幕碎了，能修吗。这部手机是iPhone 15，上周才买的。",
    )
    assert views.hidden[0] == {"相机", "机电", "电池"}
    assert views.masked().left[0] == "我的 坏了，充电器也不工作。"
    assert views.masked().right[0] == "请问什么时候可以更换 ？"
    assert views.hidden[1] == {"電池", "ます"}
    assert "電池" not in views.masked().left[1] + views.masked().right[1]
    assert views.masked().right[1].startswith("新しい はいつ届き か")
    assert views.hidden[2] == {"iphone", "手机"}
    assert (views.masked().left[2], views.masked().right[2]) == (
        "的屏幕碎了，能修吗。",
        "这部 是 15，上周才买的。",
    )
    assert len(views) == 3


def test_thai_is_masked_where_it_has_spaces_only():
    views = views_of("กล้องเสีย แบตเตอรี่บวม ชาร์จไม่เข้า แบตเตอรี่บวม เปลี่ยนได้ไหมครับ ขอบคุณ")
    assert views.hidden[0] == {"แบตเตอรี่บวม"}


def test_rows_too_short_for_two_views_are_left_out_and_counted():
    views = views_of(
        "short",
        "long enough to be divided in two halves",
        "the same words here the same words here",  # nothing remains once they are masked
        groups=[5, 6, 7],
    )
    assert views.rows.tolist() == [1]
    assert views.groups.tolist() == [6]
    assert views.short == 2


def test_views_of_two_columns():
    table = pd.DataFrame(
        {
            "title": ["A very good camera", None, "No", "The parcel is late"],
            "body": [
                "It takes pictures at night",
                "There is no title",
                "But a long body",
                "Where is it, please?",
            ],
        }
    )
    corpus = explorer.open_corpus(table, text="body", label=None)
    views = two_views(corpus, np.array([0, 1, 2, 3]), np.arange(4), columns=("title", "body"))
    assert views.rows.tolist() == [0, 3]
    assert views.left == ("A very good camera", "The parcel is late")
    assert views.right[1] == "Where is it, please?"
    assert views.short == 2
    with pytest.raises(ColumnError, match="no column 'subject'"):
        two_views(corpus, np.arange(4), np.arange(4), columns=("subject", "body"))
