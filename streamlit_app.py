"""Explorer's front door: page config and navigation, nothing else."""

from pathlib import Path

import streamlit as st

from explorer.warm_up import start_warm_up

# A file of ours: of a name such as ":material/hub:" the browser would ask a font host for the picture.
# A PNG, of which every run sends the address: an SVG would be sent whole each time.
ICON = Path(__file__).parent / "explorer" / "ui" / "shell" / "icon.png"


st.set_page_config(page_title="Explorer", page_icon=str(ICON), layout="wide")
page = st.navigation(
    [
        st.Page(
            "pages/overview.py",
            title="Overview",
            icon=":material/dashboard:",
            default=True,
            help="What is in these rows: themes, languages, lengths, repeats, near-duplicates and odd rows.",
        ),
        st.Page(
            "pages/map.py",
            title="Map",
            icon=":material/scatter_plot:",
            help="All rows as points: nearby points mean similar things. Draw around points to select them.",
        ),
        st.Page(
            "pages/search.py",
            title="Search",
            icon=":material/search:",
            help="Find rows by meaning: a query gives ranked hits with scores you can read.",
        ),
        st.Page(
            "pages/clusters.py",
            title="Clusters",
            icon=":material/workspaces:",
            help="See which groups the rows form, their distinctive words, and how many clusters fit best.",
        ),
        st.Page(
            "pages/similarity.py",
            title="Similarity",
            icon=":material/grid_on:",
            help="Compare rows pair by pair: heatmaps, near-duplicates, and which scores are usual here.",
        ),
        st.Page(
            "pages/compare.py",
            title="Compare",
            icon=":material/balance:",
            help="Encoders side by side over your rows: which is better, by how much, and how sure that is.",
        ),
        st.Page(
            "pages/classify.py",
            title="Classify",
            icon=":material/category:",
            help="Put rows in categories of your own: by their names, by examples, or by a language model.",
        ),
        st.Page(
            "pages/data.py",
            title="Data",
            icon=":material/table_rows:",
            help="Bring your own rows, see what is in them, and choose what encodes them.",
        ),
        st.Page(
            "pages/models.py",
            title="Models",
            icon=":material/model_training:",
            help="Find a model on the Hugging Face Hub or this machine, see what it costs, and use it.",
        ),
    ],
    position="top",
)
page.run()
start_warm_up()
