from explorer.ui.widgets.colouring import Colouring
from explorer.ui.widgets.map_view.map_names import group_names
from explorer.ui.widgets.map_view.point_colours import point_colours
from explorer.ui.widgets.map_view.positions import Positions
from explorer.ui.widgets.map_view.scene import Scene, make_scene


def scene_of(positions: Positions, colouring: Colouring) -> Scene:
    """A scene with the names of its groups."""
    colours = point_colours(colouring)
    return make_scene(positions, colouring.title, colours, names=group_names(positions, colours))
