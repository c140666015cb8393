from explorer.ui.shell.frame import page
from explorer.ui.shell.spaces import space_or_progress
from explorer.ui.widgets.filter_line import show_filters

with page("Classify") as session:
    some = show_filters(session, session.focus)
    space = space_or_progress(session)
    if space is not None and some:
        # It brings torch, which a first page must not wait for.
        from explorer.ui.classify.view import show_classify

        show_classify(session, space)
