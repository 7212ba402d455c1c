"""Points that are known to lie in a township.

No open package draws the townships, but a list says which communities belong to
each, and OpenStreetMap names buildings and stops after communities. A building,
stop or lane whose name is a community's name, inside the community's district, is
taken as a point of that community's township; so is the seat of a township. A name that two townships of a district
share says nothing by itself; it is given to one of them only when that one is
plainly nearer.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

import earth
import names
from sources import District, Place

BUILDING_NUMBER = re.compile(
    r"[#第]?[甲乙丙丁东西南北A-Za-z]?[0-9一二三四五六七八九十A-Za-z\-、,]+"
    r"(号楼|号院|号|栋|幢|座|楼|单元|期)(.*楼)?$|[#]?[0-9]+$"
)
STOP_ENDING = re.compile(
    r"(小区|社区|新村|村|家园)?(东|西|南|北|中)?(门|口|路口|收费站|检查站|站|桥|镇)?$"
)
LOCAL_ROADS = {
    "residential", "unclassified", "service", "living_street", "pedestrian", "tertiary",
    "secondary", "footway",
}
ROAD_ENDING = re.compile(
    r"(村)?[东西南北中前后]?[一二三四五六七八九十]?(环路|大街|胡同|夹道|新桥|路|街|巷|条|桥)$"
)
REST_OF_COMPOUND = re.compile(
    r"(新?村|小区|社区|家园)?[东西南北中]?[一二三四五六七八九十0-9]*"
    r"(区|里|园|苑|院|号院|期|巷|条|小区|社区|村|家园)?$"
)
SEAT = re.compile(
    r"(人民)?政府$|(街道)?办事处$|街道办$|派出所$|(社区)?卫生服务中心$|卫生院$|工商所$|税务所$"
    r"|综合文化中心$|敬老院$"
)
# Never a sign of a community, however it is called.
USELESS = re.compile(r"^(中心|广场|公园|医院|学校|小学|中学|市场|车站|东|西|南|北)")

SEAT_WEIGHT, EXACT, LOOSE = 3, 2, 1


# township, community, cell of 100 m → x, y, weight, kind of place
Rows = dict[tuple[str, str, int, int], tuple[float, float, int, str]]


@dataclass(frozen=True)
class Group:
    """A community as the matching sees it: its keys and its township."""

    code: str
    keys: tuple[str, ...]
    township: str
    district: str
    whole: tuple[str, ...] = ()


@dataclass
class Labels:
    """Points in metres with the township of each, and how sure the match is."""

    xy: np.ndarray
    township: np.ndarray
    group: np.ndarray
    weight: np.ndarray
    kind: np.ndarray

    def take(self, keep: np.ndarray) -> "Labels":
        return Labels(self.xy[keep], self.township[keep], self.group[keep],
                      self.weight[keep], self.kind[keep])


def keys_of(name: str) -> tuple[str, ...]:
    """The names under which a community may appear on a building or a stop."""
    stem = names.community_stem(name)
    keys = [stem, stem + "村"] if name.endswith(("村委会", "村民委员会")) else [stem]
    shorter = re.sub(r"第?[一二三四五六七八九十]+$", "", stem)
    if shorter != stem and shorter.endswith("第"):
        shorter = shorter[:-1]
    if len(shorter) >= 3:
        keys.append(shorter)
    return tuple(key for key in names.unique(keys) if len(key) >= 2 and not USELESS.match(key))


def forms_of(place: Place, district: str) -> list[tuple[str, int]]:
    """The names a place may stand for, the surest first."""
    name = names.plain(place.name)
    if place.kind in ("road", "water"):
        cut = name.removesuffix("水库") if place.kind == "water" else ROAD_ENDING.sub("", name)
        whole = [(name, LOOSE)] if len(name) >= 4 else []
        return whole + ([(cut, LOOSE)] if cut != name and len(cut) >= 2 else [])
    forms = [(name, EXACT)]
    short = district.removesuffix("区")
    if place.kind == "transit" and name.startswith(short) and len(name) - len(short) >= 2:
        forms.append((name.removeprefix(short), EXACT))
    for form, _ in list(forms):
        without = BUILDING_NUMBER.sub("", form) if place.kind == "building" else form
        if without != form and len(without) >= 2:
            forms.append((without, EXACT))
        cut = STOP_ENDING.sub("", without)
        if cut != without and len(cut) >= 2:
            forms.append((cut, LOOSE))
    return forms


def gather(groups: list[Group], seats: dict[str, dict[str, str]], places: list[Place],
           districts: list[District]) -> Labels:
    """Match places to communities and township seats, district by district.

    `seats` is district → short or full township name → township.
    """
    name_of = {district.code: district.name for district in districts}
    owners: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for index, group in enumerate(groups):
        for key in group.keys:
            owners[group.district][key].add(index)

    rows: Rows = {}
    doubtful: list[tuple[float, float, tuple[int, ...], int, str]] = []

    def add(x: float, y: float, township: str, group: str, weight: int, kind: str) -> None:
        # One mark per 100 m: forty houses of an estate are one piece of evidence.
        cell = (township, group, int(x // 100), int(y // 100))
        if cell not in rows or rows[cell][2] < weight:
            rows[cell] = (x, y, weight, kind)

    for place in places:
        if place.kind == "road" and place.type not in LOCAL_ROADS:
            continue
        x, y = earth.to_metres(np.array([[place.lon, place.lat]]))[0]
        seat = SEAT.sub("", names.plain(place.name))
        if seat != names.plain(place.name):
            seat = re.sub(r"^(北京市)?" + name_of[place.district], "", seat)
            township = seats[place.district].get(seat)
            if township:
                add(x, y, township, "", SEAT_WEIGHT, place.kind)
            continue
        for form, weight in forms_of(place, name_of[place.district]):
            found, weight = _owners(owners[place.district], form, weight)
            if not found:
                continue
            townships = {groups[index].township for index in found}
            if len(townships) == 1:
                add(x, y, townships.pop(), _group(groups, found, form), weight, place.kind)
            else:
                doubtful.append((x, y, tuple(sorted(found)), weight, place.kind))
            break

    labels = _labels(rows)
    labels = labels.take(consistent(labels))
    _settle(doubtful, groups, labels, add)
    labels = _labels(rows)
    return labels.take(consistent(labels))


def _group(groups: list[Group], found: set[int], form: str) -> str:
    """The community that a form names; with a plus where it names several, or a part."""
    first = groups[min(found)]
    sure = len(found) == 1 and form in first.whole
    return first.code if sure else "+" + first.code


def _owners(table: dict[str, set[int]], form: str, weight: int) -> tuple[set[int], int]:
    if form in table:
        return table[form], weight
    for length in range(len(form) - 1, 2, -1):
        if form[:length] in table and REST_OF_COMPOUND.fullmatch(form[length:]):
            return table[form[:length]], LOOSE
    return set(), weight


def _labels(rows: Rows) -> Labels:
    ordered = sorted(rows.items())
    return Labels(
        np.array([value[:2] for _, value in ordered]),
        np.array([key[0] for key, _ in ordered]),
        np.array([key[1] for key, _ in ordered]),
        np.array([value[2] for _, value in ordered]),
        np.array([value[3] for _, value in ordered]),
    )


def _settle(doubtful: list[tuple[float, float, tuple[int, ...], int, str]],
            groups: list[Group], labels: Labels, add: Callable[..., None]) -> None:
    """Give a shared name to the township whose known points are plainly nearest."""
    trees = {
        township: cKDTree(labels.xy[labels.township == township])
        for township in np.unique(labels.township)
    }
    for x, y, found, weight, kind in doubtful:
        distance = sorted(
            (trees[t].query([x, y])[0], t)
            for t in {groups[index].township for index in found}
            if t in trees
        )
        if len(distance) < 2 or distance[0][0] > 0.4 * distance[1][0] or distance[0][0] > 4000:
            continue
        township = distance[0][1]
        mine = [index for index in found if groups[index].township == township]
        add(x, y, township, "+" + groups[mine[0]].code, weight, kind)


def consistent(labels: Labels) -> np.ndarray:
    """Which labels agree with the rest of their township: a mask.

    A namesake elsewhere shows as a point far from all the others of its township,
    or as a lone one among the points of another.
    """
    keep = np.ones(len(labels.xy), bool)
    for township in np.unique(labels.township):
        mine = np.flatnonzero(labels.township == township)
        if len(mine) < 4:
            continue
        for _ in range(4):
            now = mine[keep[mine]]
            weight = labels.weight[now].astype(float)
            centre = _median(labels.xy[now], weight)
            distance = np.hypot(*(labels.xy[mine] - centre).T)
            middle = np.median(distance[keep[mine]])
            keep[mine] = distance <= max(2.6 * middle, 900.0)
        now = mine[keep[mine]]
        middle = np.median(np.hypot(*(labels.xy[now] - labels.xy[now].mean(0)).T))
        keep[now] = _largest_cluster(labels.xy[now], max(1.2 * middle, 700.0))
    for _ in range(2):
        alive = np.flatnonzero(keep)
        tree = cKDTree(labels.xy[alive])
        size = min(9, len(alive))
        _, near = tree.query(labels.xy[alive], k=size)
        same = labels.township[alive][near] == labels.township[alive][:, None]
        counts = {t: int((labels.township[alive] == t).sum()) for t in np.unique(labels.township)}
        own = np.array([counts[t] for t in labels.township[alive]])
        needed = np.where(labels.weight[alive] >= EXACT, 2, 3)
        lonely = (same.sum(1) < needed) & (own > 5) & (labels.weight[alive] < SEAT_WEIGHT)
        keep[alive[lonely]] = False
    return keep


def _median(xy: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The geometric median (Weiszfeld)."""
    centre = np.average(xy, axis=0, weights=weight)
    for _ in range(30):
        distance = np.maximum(np.hypot(*(xy - centre).T), 1.0)
        centre = np.average(xy, axis=0, weights=weight / distance)
    return centre


def _largest_cluster(xy: np.ndarray, gap: float) -> np.ndarray:
    """The points of the biggest groups when points nearer than `gap` are joined."""
    pairs = cKDTree(xy).sparse_distance_matrix(cKDTree(xy), gap)
    _, label = connected_components(pairs, directed=False)
    sizes = np.bincount(label)
    return sizes[label] >= max(0.2 * sizes.max(), 1.0)
