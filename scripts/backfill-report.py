#!/usr/bin/env python3
"""The figures of scripts/backfill-bench: a table on standard error, JSON on standard output."""
import json
import math
import os
import re
import sys
from collections import defaultdict

state = sys.argv[1]
speed = float(os.environ["SPEED"])
# The most settlements that one answer holds, by the exchanges' documentation; none: a contract's whole life.
PAGE = {
    "binance-usdm": 1000, "binance-coinm": 1000, "aster": 1000, "kucoin": 100, "bybit": 200, "mexc": 1000,
    "backpack": 1000, "deribit": 744, "hyperliquid": 500, "drift": 750, "lighter": 749, "pacifica": 4000,
    "hibachi": 100, "dydx": 100, "kraken": None, "edgex": 100, "apex": 100,
}
# Those that tell all contracts together.
BULK = {"binance-usdm"}

feeds = {}
for line in open(f"{state}/backfiller.log"):
    if 'msg="feed filled"' in line:
        facts = dict(re.findall(r"(\w+)=(\S+)", line.split('msg="feed filled"')[1]))
        feeds[facts["feed"]] = {key: float(facts[key]) for key in ("requests", "seconds", "least_seconds")}

rows = defaultdict(list)
progress = {}
for line in open(f"{state}/rows.txt"):
    feed, total, complete, inserted, missing, count, _ = line.split()
    rows[feed].append(int(count))
    progress[feed] = (int(total), int(complete), int(inserted), int(missing))


def refusals(name):
    counts = defaultdict(int)
    for entry in json.load(open(f"{state}/{name}.json"))["counts"]:
        for status, number in entry["statuses"].items():
            if status != "200":
                counts[entry["feed"]] += number
    return counts


before, after = refusals("before"), refusals("after")
table = []
for feed, (contracts, complete, inserted, missing) in sorted(progress.items()):
    facts = feeds.get(feed, {"requests": 0, "seconds": math.nan, "least_seconds": math.nan})
    page = PAGE[feed]
    if feed in BULK:
        fewest = math.ceil(sum(rows[feed]) / page)
    else:
        fewest = sum(max(1, math.ceil(count / page)) if page else 1 for count in rows[feed])
    least = facts["least_seconds"] / speed
    table.append({
        "feed": feed, "contracts": contracts, "complete": complete, "rows": inserted, "missing": missing,
        "requests": int(facts["requests"]), "fewest_requests": fewest, "refused": after[feed] - before[feed],
        "seconds": facts["seconds"], "least_seconds": round(least, 1),
        "ratio": round(facts["seconds"] / least, 3) if least > 0 else None,
    })

columns = list(table[0])
width = {key: max(len(key), *(len(str(row[key])) for row in table)) for key in columns}
print("  ".join(key.rjust(width[key]) for key in columns), file=sys.stderr)
for row in table:
    print("  ".join(str(row[key]).rjust(width[key]) for key in columns), file=sys.stderr)
wall = float(os.environ["WALL"])
least = max(row["least_seconds"] for row in table)
whole = {
    "speed": speed, "contracts": sum(row["contracts"] for row in table), "rows": sum(row["rows"] for row in table),
    "missing": sum(row["missing"] for row in table), "wall_seconds": round(wall, 1), "least_seconds": least,
    "ratio": round(wall / least, 3), "peak_rss_mb": round(int(os.environ["PEAK"]) / 1024, 1),
    "status": int(os.environ["STATUS"]),
}
print(whole, file=sys.stderr)
print(json.dumps({"all": whole, "feeds": table}, indent=4))
