# SPDX-License-Identifier: BSD-3-Clause
"""Areas and ties by the names that others give them: Japanese, English, companies', numbers, zones of providers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from apnemu.importing.profiles.sheet import Sheet
from apnemu.topology.parse import nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An area: its name here, its number and Japanese name, its zone at Electricity Maps, words in names of files.

    `peak_mw` is above any demand that it ever had: what is far beyond it is in another unit.
    """

    name: str
    number: int
    japanese: str
    zone: str
    words: tuple[str, ...]
    peak_mw: float


AREAS = (
    Place(name="hokkaido", number=1, japanese="北海道", zone="JP-HKD", words=("hokkaido", "hepco"), peak_mw=6_000),
    Place(name="tohoku", number=2, japanese="東北", zone="JP-TH", words=("tohoku",), peak_mw=16_000),
    Place(name="tokyo", number=3, japanese="東京", zone="JP-TK", words=("tokyo", "tepco"), peak_mw=65_000),
    Place(name="chubu", number=4, japanese="中部", zone="JP-CB", words=("chubu", "chuden"), peak_mw=29_000),
    Place(name="hokuriku", number=5, japanese="北陸", zone="JP-HR", words=("hokuriku", "rikuden"), peak_mw=6_000),
    Place(name="kansai", number=6, japanese="関西", zone="JP-KN", words=("kansai", "kepco"), peak_mw=34_000),
    Place(name="chugoku", number=7, japanese="中国", zone="JP-CG", words=("chugoku", "energia"), peak_mw=13_000),
    Place(name="shikoku", number=8, japanese="四国", zone="JP-SK", words=("shikoku", "yonden"), peak_mw=6_500),
    Place(name="kyushu", number=9, japanese="九州", zone="JP-KY", words=("kyushu", "kyuden"), peak_mw=18_000),
    Place(name="okinawa", number=10, japanese="沖縄", zone="JP-ON", words=("okinawa", "okiden"), peak_mw=2_000),
)
"""The ten areas, in the order of their numbers; peaks are rounded up from the operators' published records."""
BY_NAME = {place.name: place for place in AREAS}
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTie:
    """A tie, by the name and between the areas of the power system japan-10, and the name that OCCTO gives it.

    `forward` is 1 where OCCTO's forward direction leads from a to b, -1 where it leads back.
    """

    name: str
    japanese: str
    a: str
    b: str
    forward: int = 1


TIES = (
    KnownTie(name="hokkaido-tohoku", japanese="北海道・本州間電力連系設備", a="hokkaido", b="tohoku"),
    KnownTie(name="tohoku-tokyo", japanese="相馬双葉幹線", a="tohoku", b="tokyo"),
    KnownTie(name="tokyo-chubu", japanese="周波数変換設備", a="tokyo", b="chubu"),
    KnownTie(name="chubu-kansai", japanese="三重東近江線", a="chubu", b="kansai"),
    KnownTie(name="chubu-hokuriku", japanese="南福光連系所・南福光変電所の連系設備", a="chubu", b="hokuriku"),
    KnownTie(name="hokuriku-kansai", japanese="越前嶺南線", a="hokuriku", b="kansai"),
    KnownTie(name="kansai-chugoku", japanese="西播東岡山線・山崎智頭線", a="kansai", b="chugoku"),
    KnownTie(name="kansai-shikoku", japanese="阿南紀北直流幹線", a="kansai", b="shikoku"),
    KnownTie(name="chugoku-shikoku", japanese="本四連系線", a="chugoku", b="shikoku", forward=-1),
    KnownTie(name="kanmon", japanese="関門連系線", a="kyushu", b="chugoku", forward=-1),
)
"""The ties in the order of OCCTO's numbers. The eleventh, the fence around Hokuriku, is a sum of others."""
FENCE = "北陸フェンス"


def area_of_file(sheet: Sheet, wished: str) -> str:
    """The area of a file of one area: as wished, or by the number or word in the file's name.

    Raises InputError where neither says it, or they disagree.
    """
    told = _told(sheet.path)
    if wished:
        name = checked(wished)
        if told and told != name and name in BY_NAME:
            sheet.fail(None, f"--area is {name}, the file's name says {told}; they must agree; rename one")
        return name
    if told:
        return told
    names = ", ".join(BY_NAME)
    sheet.fail(
        None, f"its name does not say its area; it must be one of {names}; give --area, for example --area kyushu"
    )


def checked(name: str) -> str:
    """The name, if an area may have it. Raises InputError otherwise."""
    from apnemu.errors import InputError

    if NAME.fullmatch(name) is None:
        raise InputError(
            f"'{name[:40]}' is no name of an area; it must be of a-z, 0-9 and -; for example kyushu", file="--area"
        )
    return name


def _told(path: Path) -> str:
    """The area that a file's name tells; empty where it tells none, or several.

    >>> [_told(Path(name)) for name in ("eria_jukyu_202404_09.csv", "area_jyukyu_kyuden.csv", "09.csv", "a_2024.csv")]
    ['kyushu', 'kyushu', '', '']
    """
    stem = path.name.lower()
    number = re.search(r"_(\d{2})(?:_[a-z]*)?\.csv$", stem)
    found = {place.name for place in AREAS if any(word in stem for word in place.words)}
    if number and not found:
        found = {place.name for place in AREAS if place.number == int(number[1])}
    return found.pop() if len(found) == 1 else ""


def area_called(text: str) -> str | None:
    """The area of a Japanese name with what stands around it, such as 東京エリア; None where it is none.

    >>> area_called("エリアプライス東京"), area_called("東京"), area_called("中央")
    ('tokyo', 'tokyo', None)
    """
    found = [place.name for place in AREAS if place.japanese in text]
    return found[0] if len(found) == 1 else None


def tie_called(sheet: Sheet, line: int, text: str) -> KnownTie:
    """The tie of OCCTO's name. Raises InputError for a name that is none."""
    for tie in TIES:
        if tie.japanese == text or tie.name == text:
            return tie
    hint = nearest(text, [tie.japanese for tie in TIES], "get the file again")
    sheet.fail(line, f"tie '{text[:40]}' is not known; it must be one of OCCTO's ten; {hint}")


def zone_name(zone: str) -> str:
    """The name of a provider's zone or bidding zone as an area's name here.

    >>> zone_name("JP-TK"), zone_name("BZN|DE-LU"), zone_name("France (FR)")
    ('tokyo', 'de-lu', 'france-fr')
    """
    known = next((place.name for place in AREAS if place.zone == zone.upper()), None)
    plain = re.sub(r"[^a-z0-9]+", "-", zone.rpartition("|")[2].lower()).strip("-")
    return known or plain[:31]
