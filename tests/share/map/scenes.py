from explorer.share.map.colouring import Colouring
from explorer.share.map.map_names import group_names
from explorer.share.map.point_colours import point_colours
from explorer.share.map.positions import Positions
from explorer.share.map.scene import Scene, make_scene


def scene_of(positions: Positions, colouring: Colouring) -> Scene:
    """A scene with the names of its groups."""
    colours = point_colours(colouring)
    return make_scene(positions, colouring.title, colours, names=group_names(positions, colours))
