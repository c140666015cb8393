from explorer.ui.shell.frame import page
from explorer.ui.shell.spaces import space_or_progress

with page("Map", "What does the whole corpus look like?") as session:
    space = space_or_progress(session)
    if space is not None:
        from explorer.ui.map.view import show_map  # brings torch, which a first page must not wait for

        show_map(session, space)
