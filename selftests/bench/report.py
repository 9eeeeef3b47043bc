#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Keeps what the benchmark has measured, and shows it.

report.py RESULTS record SECTION NAME=VALUE... <LOG
    takes the lines "measured WHAT X SIDE VALUE" of a section's log into the
    JSON file RESULTS, in place of those of an earlier run, with what is said
    of it: date, commit, kernel and so on
report.py RESULTS publish PAGE
    fills in the places of the Markdown file PAGE that are marked with
    <!-- bench SECTION --> and <!-- end -->, and draws the plots beside it

The head of SECTION.sh says what is measured there:

    # measures: WHAT | what it is, with its unit | what X is
    # plots: WHAT...
"""

import json
import math
import os
import re
import statistics
import subprocess
import sys

MEASURED = re.compile(r"^(?:host\d: )?measured (\S+) (\S+) (\S+) ([\d.]+)$")
PLACE = re.compile(r"(<!-- bench (\w+) -->\n).*?(<!-- end -->)", re.S)
REFERENCE = "bare"


def load(path):
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def save(path, results):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1, ensure_ascii=False)
        file.write("\n")


def record(results, section, facts, log):
    measured = {}
    for line in log:
        match = MEASURED.match(line.rstrip())
        if match:
            what, x, side, value = match.groups()
            rows = measured.setdefault(what, {})
            rows.setdefault(x, {}).setdefault(side, []).append(float(value))
    if not measured:
        sys.exit(f"report.py: nothing was measured in {section}")
    results[section] = dict(fact.split("=", 1) for fact in facts)
    results[section]["measured"] = measured


def head(section, name):
    """What the head of a section's script says by that name, line by line."""
    script = os.path.join(os.path.dirname(__file__), section + ".sh")
    with open(script, encoding="utf-8") as file:
        return re.findall(rf"^# {name}: *(.*)$", file.read(), re.M)


def spread(values):
    """Half the distance between the quartiles, over the median."""
    if len(values) < 2 or not statistics.median(values):
        return 0
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / 2 / middle


def number(value):
    """Three digits that say something, and all that are before the point."""
    if not value:
        return "0"
    return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}"


def size(x):
    if not x.isdigit():
        return x
    for unit, name in ((1 << 20, "M"), (1 << 10, "K")):
        if int(x) >= unit and int(x) % unit == 0:
            return f"{int(x) // unit}{name}"
    return x


def sides_of(rows):
    sides = []
    for row in rows.values():
        sides += [side for side in row if side not in sides]
    return sides


def cell(row, side):
    if side not in row:
        return ""
    median = statistics.median(row[side])
    if side == REFERENCE or REFERENCE not in row:
        return number(median)
    return f"**{median / statistics.median(row[REFERENCE]):.2f}** ({number(median)})"


def table(title, x_title, rows):
    sides = sides_of(rows)
    lines = [f"{title}:", "",
             f"| {x_title} | {' | '.join(sides)} | spread |",
             "|---" * (len(sides) + 2) + "|"]
    for x, row in rows.items():
        cells = [size(x)] + [cell(row, side) for side in sides]
        worst = max(spread(values) for values in row.values())
        lines.append(f"| {' | '.join(cells)} | {worst:.1%} |")
    return "\n".join(lines) + "\n"


def draw(section, whats, measured, path):
    """The medians of numbered X, a panel for each of WHATS."""
    titles = {what: title for what, title, _ in quantities(section)}
    script = [f"set terminal svg size {420 * len(whats)},320 font 'sans,11'",
              f"set output '{path}'", f"set multiplot layout 1,{len(whats)}",
              "set logscale x 2", "set logscale y", "set grid", "set key left top",
              "set format x '%.0s%c'", "set xtics rotate by 45 right"]
    for what in whats:
        curves, data = [], []
        for side in sides_of(measured[what]):
            curves.append(f"'-' with linespoints title '{side}'")
            data += [f"{x} {statistics.median(row[side])}"
                     for x, row in measured[what].items() if side in row] + ["e"]
        script += [f"set title '{titles[what]}'", f"plot {', '.join(curves)}"] + data
    subprocess.run(["gnuplot"], input="\n".join(script), text=True, check=True)


def quantities(section):
    return [tuple(map(str.strip, line.split("|"))) for line in head(section, "measures")]


def show(section, results, folder):
    """The text for a section's place in a page."""
    if section not in results:
        return "Not measured yet.\n"
    facts = dict(results[section])
    measured = facts.pop("measured")
    parts = [table(title, x_title, measured[what])
             for what, title, x_title in quantities(section) if what in measured]
    for whats in head(section, "plots"):
        name = f"performance-{section}.svg"
        draw(section, whats.split(), measured, os.path.join(folder, name))
        parts.append(f"![{section}]({name})\n")
    parts.append("; ".join(f"{name} {value}" for name, value in facts.items()) + "\n")
    return "\n".join(parts)


def publish(results, path):
    folder = os.path.dirname(path) or "."
    with open(path, encoding="utf-8") as file:
        page = file.read()
    page = PLACE.sub(lambda place: place[1] + show(place[2], results, folder) + place[3], page)
    with open(path, "w", encoding="utf-8") as file:
        file.write(page)


def main(path, command, *args):
    results = load(path)
    if command == "record":
        record(results, args[0], args[1:], sys.stdin)
        save(path, results)
    elif command == "publish":
        publish(results, *args)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
