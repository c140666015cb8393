from explorer.errors import ExplorerError
from explorer.ui.frame import page
from explorer.ui.text import show_error
from explorer.ui.work import space_or_progress

with page("Map", "What does the whole corpus look like?") as session:
    space = space_or_progress(session)
    if space is not None:
        from explorer.ui.map_view import show_map  # brings torch, which a first page must not wait for

        try:
            show_map(session, space)
        except ExplorerError as error:
            show_error(error)
