from explorer.hub.starters import STARTERS


def test_every_starter_can_be_asked_for():
    from explorer.encode.models import BUNDLED_MODEL
    from explorer.hub.names import is_model_id

    assert STARTERS[0].id == BUNDLED_MODEL
    assert all(is_model_id(starter.id) and starter.need and starter.reason for starter in STARTERS)
    assert len({starter.need for starter in STARTERS}) == len(STARTERS)
