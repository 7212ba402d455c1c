"""Names: what they are called for short, and how they read in English.

The readings of the pack (`city.toml`) decide where a character has several, so
that the English names and the search agree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from pypinyin import Style, lazy_pinyin, load_phrases_dict

TOWNSHIP_ENDINGS = (
    ("满族蒙古族乡", "Manchu and Mongol Township"),
    ("回族乡", "Hui Township"),
    ("满族乡", "Manchu Township"),
    ("街道", "Subdistrict"),
    ("地区", "Area"),
    ("镇", "Town"),
    ("乡", "Township"),
)
COMMITTEE = re.compile(r"(社区)?(居民委员会|居委会)$|(村)?(村民委员会|村委会)$")
NUMBERED = re.compile(r"第[一二三四五六七八九十]+$|第?[一二三四五六七八九十]+$")


def load_readings(readings: Iterable[dict[str, str]]) -> None:
    """Teach the pinyin converter the pack's own phrase list."""
    load_phrases_dict(
        {
            entry["word"]: [[syllable] for syllable in entry["pinyin"].split()]
            for entry in readings
        }
    )


def pinyin(text: str) -> str:
    """One capitalised word: 中关村 → Zhongguancun, 西安 → Xi'an."""
    word = ""
    for syllable in lazy_pinyin(text, style=Style.NORMAL, v_to_u=False):
        syllable = syllable.replace("ü", "v")
        word += ("'" if word and syllable[:1] in "aoe" else "") + syllable
    return word[:1].upper() + word[1:]


def district_en(name: str) -> str:
    """海淀区 → Haidian District."""
    return f"{pinyin(name.removesuffix('区'))} District"


def split_township(name: str) -> tuple[str, str]:
    """A township's stem and the English of its ending; 杨镇 has no stem without 镇."""
    for ending, english in TOWNSHIP_ENDINGS:
        stem = name.removesuffix(ending)
        if stem != name and len(stem) >= 2:
            return stem, english
        if stem != name and len(stem) == 1:
            return name, english
    return name, ""


def township_en(name: str) -> str:
    """中关村街道 → Zhongguancun Subdistrict."""
    stem, english = split_township(name)
    return f"{pinyin(stem)} {english}".strip()


def township_aliases(name: str, statistical: str | None) -> list[str]:
    """The other names of a township: the statistical unit's and the short ones."""
    aliases = []
    if statistical and statistical != name:
        aliases.append(statistical)
    for full in (name, statistical or name):
        stem, english = split_township(full)
        if english.endswith("Township") and "族" in full:
            aliases.append(stem + "乡")
        aliases.append(stem)
    return unique(aliases, name)


def community_stem(name: str) -> str:
    """多福巷社区居委会 → 多福巷; 东辛店村委会 → 东辛店; 第一社区 stays a part."""
    stem = COMMITTEE.sub("", name)
    for ending in ("社生活区", "社区", "村"):
        if stem.endswith(ending) and len(stem) - len(ending) >= 2:
            stem = stem.removesuffix(ending)
            break
    return stem


def community_aliases(name: str) -> list[str]:
    """The short names of a community, the longer first."""
    stem = community_stem(name)
    if name.endswith(("村委会", "村民委员会")):
        middle = stem if stem.endswith("村") else stem + "村"
    else:
        middle = stem + "社区"
    return unique([middle, stem] if len(stem) >= 2 else [middle], name)


def unique(items: Iterable[str], *without: str) -> list[str]:
    """The items in order, each once, without some and without empty ones."""
    seen = {"", *without}
    found = []
    for item in items:
        if item not in seen:
            seen.add(item)
            found.append(item)
    return found


def plain(name: str) -> str:
    """A name for comparing: compatibility forms folded, spaces and brackets gone."""
    folded = unicodedata.normalize("NFKC", name)
    folded = re.sub(r"[(\[【〔].*?[)\]】〕]", "", folded)
    return re.sub(r"[\s·•]+", "", folded)
