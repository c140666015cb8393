"""How often proxies ordered two contenders as labels did, measured by `python -m benchmarks.proxies`."""

from __future__ import annotations

from dataclasses import dataclass

CORPORA = ("support tickets", "song moods", "WordNet, part of speech", "WordNet, lexicographer file")


@dataclass(frozen=True)
class ProxyTrial:
    """The pairs of contenders that k-NN accuracy on labels told apart, and those a proxy ordered alike.

    Attributes:
        proxy: The name of the proxy's measure.
        share: The share of pairs that it ordered as the labels did, 0 to 1; a coin has 0.5.
        low: Lower end of its 95 % interval, over resampled corpora and contenders.
        high: Upper end.
        pairs: Number of pairs in which both contenders have the proxy.
        by_corpus: The share in each of `CORPORA`.
    """

    proxy: str
    share: float
    low: float
    high: float
    pairs: int
    by_corpus: tuple[float, float, float, float]

    @property
    def sentence(self) -> str:
        """The share in a sentence, for the explanation of the measure."""
        share, low, high = (f"{100 * value:.0f}" for value in (self.share, self.low, self.high))
        return (
            f"It ordered {share} % ({low} to {high}) of the encoder pairs that labels told apart as the "
            "labels did, on four corpora."
        )


TRIALS = (
    ProxyTrial("two-view MRR, masked", 0.85, 0.61, 0.97, 293, (0.95, 0.91, 0.49, 0.91)),
    ProxyTrial("view overlap, masked", 0.84, 0.64, 0.97, 293, (0.96, 0.86, 0.58, 0.88)),
)
"""Those of the proxies that a comparison shows; docs/decisions/0023-measures.md has those it does not."""
