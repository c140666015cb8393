from explorer.ui.shell.frame import page
from explorer.ui.shell.spaces import space_or_progress
from explorer.ui.widgets.filter_line import show_filters

with page("Map") as session:
    some = show_filters(session, session.focus, "The others are hidden; the map stays as it is.")
    space = space_or_progress(session)
    if space is not None and some:
        from explorer.ui.map.view import show_map  # brings torch, which a first page must not wait for

        show_map(session, space)
