import numpy as np

from explorer.analysis.clusters import Sweep, SweepPoint
from explorer.analysis.heatmaps import Distributions
from explorer.encode.tokens import TokenAudit
from explorer.share.map.colouring import Colouring
from explorer.ui.widgets.figure_words import (
    heatmap_words,
    map_words,
    score_words,
    sweep_words,
    token_words,
)

NONE = np.empty(0, dtype=np.float32)


def sweep_of(*points: SweepPoint, k: int | None) -> Sweep:
    return Sweep(points, k, k, np.arange(3), "cosine", 0)


def test_a_heatmap_names_the_pairs_that_score_highest_and_lowest_and_no_row_with_itself():
    scores = np.array([[1, 0.25, -0.5], [0.25, 1, 0.75], [-0.5, 0.75, 1]], dtype=np.float32)
    told = heatmap_words("Similarity of rows", scores, ["a", "b", "c"], ["a", "b", "c"])
    assert told == (
        "Heatmap. Similarity of rows, 3 by 3: mean 0.167; highest 0.750 between “b” and “c”; lowest −0.500 "
        "between “a” and “c”."
    )


def test_a_heatmap_of_two_sets_leaves_out_only_what_is_in_both():
    scores = np.array([[0.5, 1.0]], dtype=np.float32)
    assert "highest 0.500 between “b” and “a”" in heatmap_words("Similarity", scores, ["b"], ["a", "b"])


def test_a_heatmap_without_a_pair_says_only_its_size():
    one = np.ones((1, 1), dtype=np.float32)
    assert heatmap_words("Similarity", one, ["a"], ["a"]) == "Heatmap. Similarity, 1 by 1."
    empty = np.full((2, 2), np.nan, dtype=np.float32)
    assert heatmap_words("Similarity", empty, ["a", "b"], ["a", "b"]) == "Heatmap. Similarity, 2 by 2."


def test_numbers_of_clusters_say_where_the_silhouette_is_highest():
    found = sweep_of(SweepPoint(2, 1500.0, 0.1, 0.4), SweepPoint(8, 700.0, 0.3125, 0.9), k=8)
    assert sweep_words(found) == (
        "k-means with k from 2 to 8: the silhouette is highest, 0.312, at k = 8, with a stability of 0.900; "
        "the inertia goes from 1,500 to 700."
    )
    assert "no silhouette is defined" in sweep_words(sweep_of(SweepPoint(2, 1.0, None, 1.0), k=None))


def test_usual_scores_say_the_medians_and_what_a_threshold_keeps():
    found = Distributions(
        np.array([0.0, 0.1, 0.2], dtype=np.float32),
        np.arange(4),
        np.array([[0.5], [0.7], [0.9], [0.9]], dtype=np.float32),
    )
    assert score_words(found, 0.9) == (
        "Histogram of similarities: random pairs have a median of 0.100; nearest neighbours have a median of "
        "0.800; 50.0 % of the nearest neighbours score 0.90 or more."
    )
    assert "no pairs" in score_words(Distributions(NONE, np.arange(1), NONE.reshape(1, 0)), 0.9)


def test_token_lengths_say_their_range_and_how_many_are_too_long():
    audit = TokenAudit(np.array([2, 4, 1_300], dtype=np.int32), 256)
    assert token_words(audit) == (
        "Histogram of the number of tokens in a row: from 2 to 1,300, half of the rows have 4 or fewer; 1 "
        "longer than the encoder reads."
    )
    assert "longer" not in token_words(TokenAudit(np.array([2], dtype=np.int32), None))
    assert "no rows" in token_words(TokenAudit(np.empty(0, dtype=np.int32), 256))


def test_a_map_says_its_groups_or_the_range_of_its_numbers():
    grouped = Colouring("mood", groups=["calm", "calm", "angry", ""])
    assert map_words(4, 3, grouped) == (
        "Map of 4 rows in 3 dimensions, coloured by mood: 2 groups, the largest “calm” with 2 rows."
    )
    numbers = Colouring("year", numbers=np.array([1990.0, np.nan, 2001.0]))
    assert map_words(3, 3, numbers).endswith("coloured by year, from 1,990 to 2,001.")
    assert map_words(1, 3, Colouring("")) == "Map of 1 row in 3 dimensions."
