"""English function words, which say nothing by themselves."""

from __future__ import annotations

# Those of scikit-learn (BSD licence), without a few that rows can be about, such as "bill" and "fire", and
# with some that it leaves out. They are here since importing scikit-learn takes longer than a search.
_LIST = """
    a about above across after afterwards again against all almost alone along already also although always
    am among amongst amoungst an and another any anyhow anyone anything anyway anywhere are around as at
    back be became because become becomes becoming been before beforehand behind being below beside besides
    between beyond both but by can cannot cant co con could couldnt de describe did do does doing don done
    down due during each eg eight either eleven else elsewhere enough etc even ever every everyone
    everything everywhere except few fifteen fifty find first five for former formerly forty found four from
    further get give go had has hasnt have he hence her here hereafter hereby herein hereupon hers herself
    him himself his how however hundred i ie if in inc indeed into is it its itself just keep last latter
    latterly least less ltd made many may me meanwhile might more moreover most mostly much must my myself
    namely neither never nevertheless next nine no nobody none noone nor not nothing now nowhere of off
    often on once one only onto or other others otherwise our ours ourselves out over own part per perhaps
    please put rather re same see seem seemed seeming seems several shall she should show since six sixty so
    some somehow someone something sometime sometimes somewhere still such take ten than that the their them
    themselves then thence there thereafter thereby therefore therein thereupon these they third this those
    though three through throughout thru thus to together too toward towards twelve twenty two un under
    until up upon us very via was we well were what whatever when whence whenever where whereafter whereas
    whereby wherein whereupon wherever whether which while whither who whoever whole whom whose why will
    with within without would yet you your yours yourself yourselves
"""
_FUNCTION_WORDS = frozenset(_LIST.split())


def is_function_word(word: str) -> bool:
    """Whether a word is an English function word, such as "for", or a contraction, such as "don't".

    In other languages only their even distribution gives them away.

    Args:
        word: In lower case.
    """
    plain = word.replace("’", "'")
    return plain.partition("'")[0] in _FUNCTION_WORDS or plain.endswith("n't")
