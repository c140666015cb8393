"""What visitors may write where a number belongs."""

from hypothesis import strategies as st

# Texts as links carry them: any, digits of all scripts, and numbers of any length.
TEXTS = st.one_of(
    st.text(),
    st.text(st.characters(categories=["Nd", "No", "Nl"])),
    st.from_regex(r"[-+]?[0-9]{1,6000}", fullmatch=True),
)
