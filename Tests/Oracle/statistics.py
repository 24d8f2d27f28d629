"""Computes the suite's statistics with NumPy and SciPy, as an independent reference.

    statistics.py INPUT OUTPUT

INPUT is {"contracts": [{"rates", "hours", "rate", "interval"}], "spreads": [{"long", "short", "until", "spread"}]}; a leg
is a list of [hour it was paid at, rate, hours it was paid for], and `until` the last full hour. OUTPUT holds what they come
to, in the same order.
"""

import json
import sys

import numpy as np
from scipy import stats


def contract(case):
    rates, hours = np.array(case["rates"]), np.array(case["hours"])
    rate, interval = case["rate"], case["interval"]
    # While the interval stays the same, the rates themselves; otherwise rates per hour, told per the current interval.
    is_constant = np.all(hours == interval)
    sample, value, unit = (rates, rate, 1) if is_constant else (rates / hours, rate / interval, interval)
    deviation = np.std(sample, ddof=1)
    aprs, apr = rates / hours * 876_000, rate / interval * 876_000
    return {
        "mean": np.mean(sample) * unit,
        "deviation": deviation * unit,
        "median": np.median(sample) * unit,
        "lowest": np.min(sample) * unit,
        "highest": np.max(sample) * unit,
        "median_deviation": stats.median_abs_deviation(sample) * unit,
        "z_score": (value - np.mean(sample)) / deviation,
        "robust_z_score": (value - np.median(sample)) / stats.median_abs_deviation(sample, scale="normal"),
        "percentile": stats.percentileofscore(sample, value, kind="rank"),
        "apr_mean": np.mean(aprs),
        "apr_deviation": np.std(aprs, ddof=1),
        "apr_z_score": (apr - np.mean(aprs)) / np.std(aprs, ddof=1),
        "apr_percentile": stats.percentileofscore(rates / hours, rate / interval, kind="rank"),
    }


def hourly(leg, until):
    """The rate per hour in force up to each of the last 720 full hours."""
    values = np.full(720, np.nan)
    for place, hour in enumerate(range(until - 719, until + 1)):
        following = [payment for payment in leg if payment[0] >= hour]
        if following:
            paid_at, rate, hours = min(following)
            if hour > paid_at - hours:
                values[place] = rate / hours
    return values


def spread(case):
    long, short = hourly(case["long"], case["until"]), hourly(case["short"], case["until"])
    sample = (short - long) * 876_000
    sample = sample[~np.isnan(sample)]
    deviation = np.std(sample, ddof=1)
    return {
        "count": len(sample),
        "mean": np.mean(sample),
        "deviation": deviation,
        "z_score": (case["spread"] - np.mean(sample)) / deviation,
        "percentile": stats.percentileofscore(sample, case["spread"], kind="rank"),
    }


def plain(results):
    """As JSON can hold them: what was divided by nothing is null."""
    return [
        {name: float(value) if np.isfinite(value) else None for name, value in result.items()} for result in results
    ]


np.seterr(divide="ignore", invalid="ignore")
with open(sys.argv[1]) as file:
    given = json.load(file)
found = {"contracts": plain(map(contract, given["contracts"])), "spreads": plain(map(spread, given["spreads"]))}
with open(sys.argv[2], "w") as file:
    json.dump(found, file)
