"""places.csv: streets, stops, buildings and waters by name.

These are search results, so a name must tell one thing from another: house numbers,
「办公楼」 and 「东门」 are left out, and namesakes far apart stay apart.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from typing import Any

import numpy as np

import earth
from clusters import clusters, middle
from sources import Place

COLUMNS = ("id", "name", "name_en", "kind", "class", "lon", "lat", "extent_m", "source")
KINDS = {"road": "street", "transit": "transit", "building": "building", "water": "water"}

STREETS = {
    "motorway", "trunk", "primary", "secondary", "tertiary", "residential", "unclassified",
    "service", "living_street", "pedestrian", "footway", "track", "road", "motorway_link",
    "trunk_link", "primary_link", "secondary_link", "tertiary_link",
}
# Named footways are streets only when they are called so; the rest are trails.
LESSER = {"footway", "track", "service"}
STREET_WORD = re.compile(r"(路|街|巷|胡同|道|桥|条|夹道|斜街|大街|里|弄|环岛|隧道)$")
TRAIL = re.compile(r"小道$|步道|绿道|登山|路线")
STATIONS = {"train_station", "subway_station", "transportation"}

# How far apart the pieces of one thing may be, metres.
GAPS = {
    "motorway": 8000.0, "trunk": 6000.0, "primary": 4000.0, "secondary": 3000.0,
    "tertiary": 2000.0, "river": 15000.0, "canal": 8000.0, "stream": 3000.0, "drain": 3000.0,
    "bus_stop": 1000.0, "building": 350.0,
}
DEFAULT_GAP = 1200.0

JUNK = re.compile(
    r"^[\s\d\W_]*$"                                   # no letter at all
    r"|^[A-Za-z]{0,3}[-\s]?\d+[-\w]*$"                # B2, A-10
    r"|^.$"
    r"|非成熟|断头路|危险|规划|待建|未命名|无名|内部路|施工|（.*线.*）$|^(过街|人行)天桥$|地下通道$"
    r"|^\(|^（"
)
JUNK_BUILDING = re.compile(
    r"\d+\s*(号|栋|幢|座|楼|单元|#|室|区)|[#＃]|^[甲乙丙丁东南西北新旧老]?[一二三四五六七八九十百\d]+(号|栋|幢|座|楼|号楼|公寓|食堂|馆|期|车间|教)"
    r"|[A-Za-z\d一二三四五六七八九十](座|栋|幢|楼|区|塔|馆)$|^[A-Za-z]?\d|楼$|[东南西北中]+门(站)?$|院墙|围墙"
    r"|[\u4e00-\u9fff]\s*[A-Z\d]+$|(公寓|房子|平房|住房|第)[一二三四五六七八九十\d]+"
    r"|\b([Tt]ower|[Bb]uilding|Block|Bldg|[Pp]lant)\b.{0,6}\d|[Pp]lant\d|车间$|食堂$"
    r"|^[\u4e00-\u9fff]{0,7}(室|间|棚|库|舍|厂房|仓|厕)$|^.{0,4}(保卫处|校史馆|国际学院|网球馆|羽毛球馆|篮球馆|"
    r"乒乓球馆|气膜馆|体育馆|体能馆|多功能厅|报告厅|阶梯教室|招待所|饭堂|医务所|风井|风亭|登机厅|瞭望塔|防火站)$"
    r"|厕所|卫生间|公厕|单元$|入口$|出口$|出入口|[A-Z]口$|宿舍|公寓\d|车库|车棚|配电|变电|锅炉|泵房|水房|开水|浴室|"
    r"机房|库房|仓库|料仓|煤仓|高炉|焦炉|冷却塔|值班室|传达室|保安室|门卫|岗亭|收发室|监控室|会议室|检修|洗车|"
    r"更衣室|办公室$|售票处|检票|安检|候车|打卡|雨棚|大棚|温室|钉子户|工地|施工|竖井|风井|指挥部|项目部|"
    r"[东西南北前后左右][厢耳配朝]?[房屋殿院]|[东西]配殿|^(中国)?(石化|石油|移动|联通|电信|银行|邮政)$|^中国(石化|石油|海油)"
    r"|^(教学|实验|办公|综合|行政|宿舍|科研|图书|体育|食堂|餐厅|超市|商店|便利店|礼堂|图书馆|体育馆|游泳馆|"
    r"医务室|校医院|门诊部|住院部|急诊|幼儿园|学校|小学|中学|银行|邮局|酒店|宾馆|饭店|会所|咖啡厅|"
    r"报告厅|健身房|游客中心|游客服务中心|派出所|消防站|消防队|警务站|停车场|加油站|村委会|居委会|"
    r"大学生活动中心|学生活动中心|活动中心|操场|看台|主席台|舞台|广场|厂房|车间|楼|塔|亭|庙|寺|山门|"
    r"大殿|正殿|大门|正门|龙王庙|关帝庙|山神庙|土地庙|观景台|接待室|休息室|阅览室|报刊亭|餐饮|小卖部|"
    r"大雄宝殿|天王殿|观音殿|关公殿|地藏殿|药王殿|三圣殿|财神殿|玉皇殿|伽蓝殿|御碑亭|碑亭|钟楼|鼓楼|"
    r"学生公寓|教师公寓|青年公寓|专家公寓|留学生公寓|司机公寓|公寓|别墅|国际部|小学部|中学部|业务大厅|"
    r"职工餐厅|教工餐厅|学生餐厅|清真餐厅|太平间|休闲中心|生态水系|服务大厅|办事大厅|售票大厅|候车厅|"
    r"商务中心|服务中心|接待中心|培训中心|会议中心|研发中心|展示中心|营销中心|招商中心|文化中心|"
    r"国家电网|公园管理处|物业|菜市场|农贸市场|垃圾站|售楼处|样板间)(中心|楼|厅|区|处|部)?$"
)
JUNK_TRANSIT = re.compile(r"ETC|门架|停车|车库|通道|^(上|下)车点|网约车|出租车")
LATIN = re.compile(r"^[\x20-\x7e\u00c0-\u024f’–—·]+$")


def rows(places: list[Place], used: set[Place]) -> list[dict[str, Any]]:
    """One row a distinct place; buildings that became service points are left out."""
    groups: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for place in places:
        if place in used or not _wanted(place):
            continue
        groups[_kind(place), clean(place.name)].append(place)
    made = []
    for (kind, name), members in sorted(groups.items()):
        xy = earth.to_metres(np.array([[place.lon, place.lat] for place in members]))
        for indices in clusters(xy, _gap(kind, members)):
            made.append(_row(kind, name, [members[i] for i in indices], xy[indices]))
    made.sort(key=lambda row: row["id"])
    twins = [code for code, count in Counter(row["id"] for row in made).items() if count > 1]
    if twins:
        raise SystemExit(f"places.csv: two places share the id {twins[0]}")
    return made


def _kind(place: Place) -> str:
    if place.kind == "building" and place.type in STATIONS:
        return "transit"
    return KINDS[place.kind]


def clean(name: str) -> str:
    """The first of several names, with single spaces."""
    return re.sub(r"\s+", " ", name.split(";")[0].split("；")[0]).strip()


def is_street(place: Place) -> bool:
    """Whether a road has a street's class and a street's name."""
    name = clean(place.name)
    if JUNK.search(name) or place.type not in STREETS:
        return False
    return place.type not in LESSER or bool(STREET_WORD.search(name) and not TRAIL.search(name))


def _wanted(place: Place) -> bool:
    name = clean(place.name)
    if JUNK.search(name):
        return False
    if place.kind == "road":
        return is_street(place)
    if place.kind == "building":
        if place.type in STATIONS:
            return not re.search(r"[A-Z]口$|出入口|厂房|库$|区间|公厕|线路所|风井|风亭|登机厅", name)
        return len(name) >= 3 and not JUNK_BUILDING.search(name)
    if place.kind == "transit":
        if place.type in ("parking_entrance", "taxi", "traffic_signals", ""):
            return False
        return not JUNK_TRANSIT.search(name)
    return True


def _gap(kind: str, members: list[Place]) -> float:
    if kind == "building":
        return GAPS["building"]
    if kind == "transit":
        return GAPS["bus_stop"]
    return max(GAPS.get(place.type.removesuffix("_link"), DEFAULT_GAP) for place in members)


def _row(kind: str, name: str, members: list[Place], xy: np.ndarray) -> dict[str, Any]:
    index, extent = middle(xy)
    stations = [i for i, member in enumerate(members) if member.type in STATIONS]
    if stations:
        # The stops around a station are called after it; the station is the place.
        index = stations[middle(xy[stations])[0]]
        extent = float(np.hypot(*(xy - xy[index]).T).max())
    place = members[index]
    counts = Counter(members[i].type for i in (stations or range(len(members))))
    kind_of = min(counts, key=lambda t: (-counts[t], t))
    seed = f"osm|{kind}|{name}|{place.lon:.3f}|{place.lat:.3f}"
    return {
        "id": kind[0] + "-" + hashlib.sha256(seed.encode()).hexdigest()[:8],
        "name": name,
        "name_en": name if LATIN.match(name) else "",
        "kind": kind,
        "class": kind_of if kind_of != "yes" else "building",
        "lon": place.lon, "lat": place.lat,
        "extent_m": str(round(extent)),
        "source": "osm",
    }
