"""Colour profiles without metadata: the same colours, and nothing else of the profile."""

import io
import struct

import numpy as np
import pytest
from PIL import ImageCms

from explorer.data.images.stripped_profiles import strip_profile
from tests.data.images.files import PLACE, SRGB, picture, swapped_profile, with_tag


def in_srgb(profile):
    opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    found = ImageCms.profileToProfile(picture(), opened, ImageCms.createProfile("sRGB"), outputMode="RGB")
    return np.asarray(found)


def version_two(profile):
    return profile[:8] + b"\x02" + profile[9:]


@pytest.mark.parametrize("profile", [SRGB, swapped_profile(), version_two(swapped_profile())])
def test_colours_are_the_same(profile):
    made = strip_profile(with_tag(profile, PLACE.encode()))
    assert PLACE.encode() not in made
    np.testing.assert_array_equal(in_srgb(made), in_srgb(profile))
    assert len(made) == int.from_bytes(made[:4], "big") <= len(profile)
    opened = ImageCms.ImageCmsProfile(io.BytesIO(made))
    assert ImageCms.getProfileDescription(opened).strip() == "colours"
    assert ImageCms.getProfileCopyright(opened).strip() == "colours"


def test_nothing_says_when_and_by_what_it_was_made():
    said = bytearray(SRGB)
    for start, stop in ((4, 8), (24, 36), (40, 44), (48, 56), (80, 128)):
        said[start:stop] = b"x" * (stop - start)
    assert strip_profile(bytes(said)) == strip_profile(SRGB)


@pytest.mark.parametrize(
    "profile",
    [
        b"",
        SRGB[:131],
        SRGB[:150],
        SRGB[:128] + b"\xff" * 4 + SRGB[132:],
        # Tags that overlap would be written as often as they are.
        SRGB[:128]
        + struct.pack(">I", 3)
        + b"".join(
            struct.pack(">4sII", name, 200 + place, 300)
            for place, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))
        )
        + SRGB[168:],
    ],
)
def test_a_damaged_profile_is_left_out(profile):
    assert strip_profile(profile) == b""
