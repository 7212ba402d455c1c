"""Makes `made.csv` by rule from the records of a pack: `python tests/relevance/generate.py`.

Readings, words and traditional forms come from other libraries than the program's own, so
that the two can disagree. The same pack, seed and versions give the same bytes. What is
expected is whatever bears a name that answers the text as well as the one it was made
from: its homonyms, its homophones, and for initials whatever has the same ones.
"""

from __future__ import annotations

import csv
import json
import math
import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import jieba
from opencc import OpenCC
from pypinyin import Style, lazy_pinyin, load_phrases_dict
from shapely import STRtree, Point
from shapely.geometry import shape

HERE = Path(__file__).resolve().parent
PACK = HERE.parents[1] / "data" / "beijing"
SEED = 20261124
CITY = "北京市"
POLYPHONES = set("长重行乐单都朝曾盛藏调校泊柏厦什圈宿堡佛翟色")
DIGITS = "零一二三四五六七八九"
# Names of places that the general phrases of pypinyin misread.
PHRASES = {"朝阳": "chao yang", "长安": "chang an", "什刹海": "shi cha hai", "大栅栏": "da shi lan",
           "马家堡": "ma jia pu", "十里堡": "shi li pu", "劲松": "jin song", "单店": "shan dian",
           "平乐园": "ping le yuan", "永乐店": "yong le dian", "长辛店": "chang xin dian",
           "长子营": "zhang zi ying", "厦门": "xia men", "农行": "nong hang", "车公庄": "che gong zhuang",
           "漷县": "huo xian", "行宫": "xing gong", "长阳": "chang yang", "长沟": "chang gou",
           "十里河": "shi li he", "六里桥": "liu li qiao", "地坛": "di tan", "色树坟": "shai shu fen",
           "佛子庄": "fo zi zhuang", "燕都": "yan du", "长哨营": "chang shao ying", "京藏": "jing zang",
           "长司": "chang si", "乐育": "le yu"}


@dataclass(frozen=True)
class Thing:
    """Something that has a name."""

    id: str
    name: str
    english: str
    lon: float
    lat: float
    group: str
    category: str = ""


def han(text: str) -> bool:
    """Whether a text is ideographs only."""
    return bool(text) and all("\u4e00" <= c <= "\u9fff" for c in text)


def rows(file: str) -> list[dict[str, str]]:
    """A CSV file of the pack."""
    with (PACK / file).open(encoding="utf-8") as f:
        return list(csv.DictReader(f))


def features(file: str) -> list[dict]:
    """A file of GeoJSON features, one a line."""
    with (PACK / file).open(encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def syllables(name: str) -> list[str]:
    """One syllable a character, `v` for `ü`."""
    found = lazy_pinyin(name, style=Style.NORMAL, errors=lambda x: list(x.lower()))
    return [s.replace("ü", "v") for s in found]


def bare(name: str) -> str:
    """A name without its city."""
    return name.removeprefix(CITY) if len(name) > len(CITY) + 1 else name


def near(thing: Thing, rng: random.Random) -> tuple[str, str]:
    """A position some 300 m from a thing."""
    turn = rng.random() * 2 * math.pi
    return (f"{thing.lon + 0.0035 * math.cos(turn):.5f}", f"{thing.lat + 0.0027 * math.sin(turn):.5f}")


class Suite:
    """The cases, made kind by kind."""

    def __init__(self) -> None:
        self.rng = random.Random(SEED)
        self.districts = [(f["properties"]["name"], shape(f["geometry"]))
                          for f in features("divisions/districts.geojsonl")]
        self.tree = STRtree([area for _, area in self.districts])
        self.things = self.read()
        self.names = defaultdict(list)
        for thing in self.things:
            self.names[thing.name].append(thing)
        self.syllables = {name: syllables(name) for name in self.names}
        self.by_sound, self.by_initials = defaultdict(set), defaultdict(set)
        for name, parts in self.syllables.items():
            for form in {name, bare(name)}:
                sounds = parts[len(name) - len(form):]
                self.by_sound["".join(sounds)].add(name)
                self.by_initials["".join(s[:1] for s in sounds)].add(name)
        self.cases: list[tuple[str, str, str, str, int, str]] = []
        self.asked: set[tuple[str, str, str]] = set()

    def read(self) -> list[Thing]:
        """Everything that is asked for; stops and small ways only as homonyms."""
        things = [Thing(r["id"], r["name"], r["name_en"], float(r["lon"]), float(r["lat"]), "point",
                        r["category"]) for r in rows("points.csv")]
        for r in rows("places.csv"):
            grand = r["class"] in {"subway_station", "train_station", "primary", "secondary", "trunk",
                                   "motorway", "university", "hospital", "river", "lake", "reservoir",
                                   "commercial", "office", "stadium", "retail", "hotel"}
            things.append(Thing(r["id"], r["name"], r["name_en"], float(r["lon"]), float(r["lat"]),
                                "place" if grand else "small"))
        for level in ("districts", "townships"):
            for f in features(f"divisions/{level}.geojsonl"):
                p = f["properties"]
                if not p["valid_to"] and f["geometry"]:
                    centre = shape(f["geometry"]).centroid
                    things.append(Thing(p["code"], p["name"], p["name_en"], centre.x, centre.y, "division"))
        for r in rows("divisions/communities.csv"):
            if r["lon"]:
                things.append(Thing(r["code"], r["name"], r["name_en"], float(r["lon"]), float(r["lat"]), "community"))
        return [t for t in things if t.name]

    def district(self, thing: Thing) -> str:
        """The district in which a thing lies."""
        at = Point(thing.lon, thing.lat)
        found = [i for i in self.tree.query(at) if self.districts[i][1].covers(at)]
        return self.districts[found[0]][0] if found else ""

    def draw(self, test, points: int = 0, divisions: int = 0, places: int = 0, small: int = 0, communities: int = 0) -> list[Thing]:
        """Things drawn from each group, each name once."""
        wanted = {"point": points, "division": divisions, "place": places, "small": small,
                  "community": communities}
        out, taken = [], set()
        for group, count in wanted.items():
            fit = [t for t in self.things if t.group == group and test(t)]
            self.rng.shuffle(fit)
            for thing in fit:
                if count and thing.name not in taken:
                    taken.add(thing.name)
                    out.append(thing)
                    count -= 1
        return out

    def add(self, kind: str, text: str, expect: set[str], at: tuple[str, str] = ("", ""), within: int = 1) -> None:
        """A case; a text is asked once from one place."""
        if text and (text, *at) not in self.asked:
            self.asked.add((text, *at))
            self.cases.append((kind, text, *at, within, ";".join(sorted(expect))))

    def exact(self) -> None:
        for t in self.draw(lambda t: True, 45, 15, 25, 10, 10):
            self.add("exact", t.name, {t.name})

    def pinyin(self) -> None:
        fit = lambda t: han(t.name) and 3 <= len(t.name) <= 12
        for t in self.draw(fit, 35, 12, 18):
            sounds = self.syllables[t.name]
            space = " " if self.rng.random() < 0.3 else ""
            self.add("pinyin", space.join(sounds), self.by_sound["".join(sounds)])
        for t in self.draw(fit, 30, 10, 15):
            sounds = self.syllables[t.name]
            whole = self.rng.randint(1, len(sounds) - 2)
            text = "".join(sounds[:whole]) + "".join(s[0] for s in sounds[whole:])
            same = {n for n in self.by_initials["".join(s[0] for s in sounds)]
                    if any("".join(p[:whole]) == "".join(sounds[:whole])
                           for p in (self.syllables[n], self.syllables[n][len(n) - len(bare(n)):]))}
            self.add("pinyin_partial", text, same)

    def initials(self) -> None:
        for i, t in enumerate(self.draw(lambda t: han(bare(t.name)) and 3 <= len(bare(t.name)) <= 10, 50, 15, 20)):
            name = bare(t.name)
            letters = "".join(s[0] for s in self.syllables[t.name][len(t.name) - len(name):])
            self.add("initials", letters, self.by_initials[letters], near(t, self.rng) if i % 2 else ("", ""))

    def mixed(self) -> None:
        for t in self.draw(lambda t: han(bare(t.name)) and 4 <= len(bare(t.name)) <= 10, 30, 10, 15):
            name = bare(t.name)
            sounds = self.syllables[t.name][len(t.name) - len(name):]
            text = name[:2] + "".join(s[0] for s in sounds[2:])
            same = {n for n in self.by_initials["".join(s[0] for s in sounds)] if name[:2] in n}
            self.add("mixed", text, same)

    def heteronyms(self) -> None:
        for t in self.draw(lambda t: han(t.name) and POLYPHONES & set(bare(t.name)) and len(t.name) <= 10, 25, 6, 14):
            sounds = self.syllables[t.name]
            self.add("heteronym", "".join(sounds), self.by_sound["".join(sounds)])

    def scripts(self) -> None:
        to_traditional = OpenCC("s2t")
        for t in self.draw(lambda t: han(t.name) and to_traditional.convert(t.name) != t.name, 25, 8, 12):
            self.add("traditional", to_traditional.convert(t.name), {t.name})
        wide = lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else "　" if c == " " else c for c in text)
        for t in self.draw(lambda t: any("!" <= c <= "~" for c in t.name), 8, 0, 12, 12):
            self.add("full_width", wide(t.name), {t.name})
        for t in self.draw(lambda t: han(t.name) and len(t.name) <= 8, 10, 3, 5):
            sounds = self.syllables[t.name]
            self.add("full_width", wide("".join(sounds).upper()), self.by_sound["".join(sounds)])

    def numbers(self) -> None:
        digit = lambda t: sum(c in DIGITS[1:] for c in t.name) == 1 and "十" not in t.name and "百" not in t.name
        for t in self.draw(lambda t: digit(t) and len(t.name) > 2, 6, 4, 8, 12):
            self.add("number", "".join(str(DIGITS.index(c)) if c in DIGITS else c for c in t.name), {t.name})
        single = lambda t: sum(c.isdigit() for c in t.name) == 1 and not any(c.isascii() and c.isalpha() for c in t.name)
        for t in self.draw(single, 4, 0, 8, 8):
            text = "".join(DIGITS[int(c)] if c.isascii() and c.isdigit() else c for c in t.name)
            self.add("number", text, {t.name})

    def latin(self) -> None:
        own = lambda t: len(t.english.split()) >= 2 and t.english.isascii() and t.english.lower().replace(" ", "") not in "".join(syllables(t.name))
        for t in self.draw(own, 15, 6, 12):
            self.add("latin", t.english.lower() if self.rng.random() < 0.5 else t.english,
                     {o.name for o in self.things if o.english.lower() == t.english.lower()})

    def slips(self) -> None:
        common = [c for c, n in Counter("".join(self.names)).items() if n > 30 and han(c)]
        near_names = lambda text: {n for n in self.names if abs(len(n) - len(text)) <= 1 and one_slip(n, text)
                                   or bare(n) != n and one_slip(bare(n), text)}
        for i, t in enumerate(self.draw(lambda t: han(bare(t.name)) and 4 <= len(bare(t.name)) <= 10, 45, 15, 25)):
            name = bare(t.name)
            at = self.rng.randrange(len(name))
            text = [name[:at] + self.rng.choice(common) + name[at + 1:], name[:at] + name[at + 1:],
                    name[:at] + name[at:at + 2][::-1] + name[at + 2:]][(0, 0, 1, 2)[i % 4]]
            if text not in self.names and len(text) >= 4 and text != name:
                self.add("slip", text, near_names(text))
        by_syllable = defaultdict(list)
        for c in common:
            by_syllable[lazy_pinyin(c)[0]].append(c)
        for t in self.draw(lambda t: han(bare(t.name)) and 3 <= len(bare(t.name)) <= 10, 40, 12, 18):
            name = bare(t.name)
            sounds = self.syllables[t.name][len(t.name) - len(name):]
            places = [(i, c) for i, s in enumerate(sounds) for c in by_syllable[s] if c != name[i]]
            if places:
                at, c = self.rng.choice(places)
                text = name[:at] + c + name[at + 1:]
                if text not in self.names:
                    self.add("sound", text, self.by_sound["".join(sounds)] | near_names(text))

    def order(self) -> None:
        for t in self.draw(lambda t: han(t.name) and self.head(t), 30):
            head = self.head(t)
            rest = bare(t.name)[len(head):]
            self.add("word_order", f"{rest} {head}", {t.name})
        for t in self.draw(lambda t: han(t.name) and len(jieba.lcut(t.name)) == 2 and len(t.name) >= 4, 10, 0, 20):
            a, b = jieba.lcut(t.name)
            self.add("word_order", f"{b} {a}", {t.name, b + a})

    def head(self, thing: Thing) -> str:
        """The district with which a name begins."""
        name = bare(thing.name)
        return next((d for d, _ in self.districts if name.startswith(d) and len(name) >= len(d) + 2), "")

    def districts_optional(self) -> None:
        for t in self.draw(lambda t: bool(self.head(t)), 25):
            rest = bare(t.name)[len(self.head(t)):]
            self.add("no_district", rest, {t.name} | ({rest} & set(self.names)), near(t, self.rng))
        for t in self.draw(lambda t: han(t.name) and not self.head(t) and self.district(t), 15, 0, 15):
            city = CITY if self.rng.random() < 0.5 else ""
            self.add("with_district", city + self.district(t) + bare(t.name), {t.name})

    def addresses(self) -> None:
        road = lambda t: t.id.startswith("s-") and t.name.endswith(("路", "街", "胡同", "大街"))
        grand = [t for t in self.draw(lambda t: han(t.name) and road(t) and self.district(t), 0, 0, 30)]
        for i, t in enumerate(grand):
            head = [CITY + self.district(t), self.district(t), ""][i % 3]
            tail = [f"{self.rng.randint(1, 300)}号", f"甲{self.rng.randint(1, 90)}号院{self.rng.randint(1, 9)}号楼",
                    f"{self.rng.randint(1, 90)}号院3号楼2单元501室"][i // 3 % 3]
            self.add("address", head + t.name + tail, {t.name}, ("", "") if head else near(t, self.rng))
        for i, t in enumerate(self.draw(lambda t: han(t.name) and self.district(t), 12, 0, 12)):
            self.add("address", t.name + ["附近", "对面", "旁边", "门口", "北侧"][i % 5], {t.name})
        for t in self.draw(lambda t: han(t.name) and self.district(t) and t.name.endswith(("居委会", "村委会")), communities=20):
            town = next((o for o in self.things if o.group == "division" and o.id == t.id[:9] + "000"), None)
            if town:
                self.add("address", self.district(t) + town.name + t.name.removesuffix("居委会").removesuffix("村委会") + ("村" if t.name.endswith("村委会") else ""), {t.name})

    def kinds(self) -> None:
        names = {"library": "图书馆", "museum": "博物馆", "hospital": "医院", "police_station": "派出所",
                 "court": "法院", "fire_station": "消防站", "kindergarten": "幼儿园", "post_office": "邮局",
                 "theatre": "剧院", "tax_office": "税务局", "traffic_police": "交警队", "procuratorate": "检察院"}
        for category, word in names.items():
            for t in self.draw(lambda t: t.category == category, 2):
                self.add("category", word, {f"category:{category}"}, near(t, self.rng))

    def homonyms(self) -> None:
        apart = lambda a, b: math.hypot((a.lon - b.lon) * 85, (a.lat - b.lat) * 111) > 4
        several = [n for n, ts in self.names.items() if 2 <= len(ts) <= 4 and han(n)
                   and len({t.id[0] for t in ts}) == 1 and all(apart(a, b) for a in ts for b in ts if a is not b)]
        self.rng.shuffle(several)
        for name in sorted(several[:18]):
            for t in self.names[name][:2]:
                self.add("homonym", name, {f"id:{t.id}"}, near(t, self.rng))

    def famous(self) -> None:
        """A grand thing from far away, by its whole name."""
        for t in self.draw(lambda t: han(t.name), 15, 0, 15):
            lon, lat = (117.0, 40.4) if t.lon < 116.5 else (115.7, 39.75)
            self.add("far", t.name, {t.name}, (f"{lon:.5f}", f"{lat:.5f}"))

    def write(self) -> None:
        with (HERE / "made.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["kind", "text", "lon", "lat", "within", "expect"])
            writer.writerows(self.cases)


def one_slip(a: str, b: str) -> bool:
    """Whether two texts are one replaced, missing, added or exchanged character apart."""
    same = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    x, y = a[same:], b[same:]
    return a == b or x[1:] == y[1:] or x[1:] == y or x == y[1:] or x[:2] == y[:2][::-1] and x[2:] == y[2:]


def main() -> None:
    load_phrases_dict({word: [[s] for s in sounds.split()] for word, sounds in PHRASES.items()})
    suite = Suite()
    for make in (suite.exact, suite.pinyin, suite.initials, suite.mixed, suite.heteronyms, suite.scripts,
                 suite.numbers, suite.latin, suite.slips, suite.order, suite.districts_optional,
                 suite.addresses, suite.kinds, suite.homonyms, suite.famous):
        make()
    suite.write()
    print(len(suite.cases), dict(Counter(case[0] for case in suite.cases)))


if __name__ == "__main__":
    main()
