"""Reads rows (x, y, second, kind) and questions, and answers each: milliseconds, cells, total."""

import json
import sys
import time

import duckdb

rows, questions, threads = sys.argv[1:]
db = duckdb.connect(config={"threads": threads})
# In the order of time, so that its zone maps help, and with kinds as an enumeration.
db.execute(
    """CREATE TABLE raw AS SELECT * FROM read_csv(?, header = false, columns =
       {'x': 'UINTEGER', 'y': 'UINTEGER', 'second': 'BIGINT', 'kind': 'VARCHAR'})""",
    [rows],
)
db.execute("CREATE TYPE word AS ENUM (SELECT DISTINCT kind FROM raw)")
db.execute("CREATE TABLE ticket AS SELECT x, y, second, kind::word AS kind FROM raw ORDER BY second")
db.execute("DROP TABLE raw")
print(duckdb.__version__, flush=True)

ASK = """SELECT x >> {shift} AS cx, y >> {shift} AS cy, count(*) FROM ticket
         WHERE second >= $from AND second < $to AND x >= $west AND x < $east AND y >= $north AND y < $south
           AND kind IN ({kinds}) GROUP BY cx, cy"""


def ask(q):
    kinds = ", ".join(f"'{kind}'" for kind in q["kinds"])
    values = {"from": q["from"], "to": q["to"], "west": q["x"][0], "east": q["x"][1],
              "north": q["y"][0], "south": q["y"][1]}
    return db.execute(ASK.format(shift=q["shift"], kinds=kinds), values).fetchall()


asked = [json.loads(line) for line in open(questions)]
for q in asked[:20]:
    ask(q)
for q in asked:
    start = time.perf_counter()
    cells = ask(q)
    ms = (time.perf_counter() - start) * 1e3
    print(json.dumps({"ms": ms, "cells": len(cells), "total": sum(c[2] for c in cells)}), flush=True)
