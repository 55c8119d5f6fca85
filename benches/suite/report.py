"""What was measured, as a table, as CSV and as a picture."""

import csv
import statistics

from servers import (BENCHES, CLASS, CLASS_1, CLASS_2, CLASS_4, CLASS_JIT, FAST, FLOOR, LEGACY, LEGACY_1, LEGACY_JIT, NODE,
                     TUNGSTENITE)

COLUMNS = [CLASS, CLASS_JIT, CLASS_1, CLASS_2, CLASS_4, LEGACY, LEGACY_JIT, LEGACY_1, FAST, TUNGSTENITE, NODE]
# What the README shows.
SUMMARY = [CLASS, CLASS_JIT, CLASS_1, LEGACY, FAST, TUNGSTENITE, NODE]
RESULTS = BENCHES / "results"
WIDTH = 12


def values(load, rows):
    """Of one load, by server and round."""
    found = {}
    for name, server, number, sample in rows:
        if name == load.name:
            found.setdefault(server, {})[number] = sample.value
    return found


def processor(load, rows):
    """Seconds of processor per message, by server and round; empty where it was not measured."""
    found = {}
    for name, server, number, sample in rows:
        if name == load.name and sample.own is not None:
            found.setdefault(server, {})[number] = sample.own + sample.kernel
    return found


def median(found, server):
    return statistics.median(found[server].values()) if server in found else None


def ratio(found, server):
    """The median of the ratios to the floor, round by round: a machine whose speed changes meanwhile changes both."""
    floor = found[FLOOR.name]
    return statistics.median(value / floor[number] for number, value in found[server].items())


def head():
    return f"{'':11} {'':34} {'floor':>19}" + "".join(f"{column.name:>{WIDTH}}" for column in COLUMNS)


def line(load, rows):
    found = values(load, rows)
    floor = median(found, FLOOR.name)
    lead = f"{load.name:11} {load.title:34} " + (f"{floor:>10.0f} {load.unit:>12}"[:24].rjust(19) if floor else f"{load.unit:>19}")
    text = lead + "".join(f"{cell(load, found, column.name):>{WIDTH}}" for column in COLUMNS)
    costs = processor(load, rows)
    if costs:
        text += f"\n{'':11} {'  CPU of the server for a message':34} {median(costs, FLOOR.name) * 1e9:>16.0f} ns"
        text += "".join(f"{cell(load, costs, column.name):>{WIDTH}}" for column in COLUMNS)
    return text


def cell(load, found, server):
    if server not in found:
        return ""
    if load.absolute or FLOOR.name not in found:
        return f"{median(found, server):.0f}"
    return f"{ratio(found, server):.2f}"


def summary(loads, rows):
    text = f"{'':34} {'floor':>22}" + "".join(f"{column.name:>{WIDTH}}" for column in SUMMARY)
    for load in loads:
        found = values(load, rows)
        floor = median(found, FLOOR.name)
        floor = f"{floor:.0f} {load.unit}" if floor else load.unit
        text += f"\n{load.title:34} {floor:>22}" + "".join(f"{cell(load, found, column.name):>{WIDTH}}" for column in SUMMARY)
    return text


def write(loads, rows):
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "summary.txt").write_text(summary(loads, rows) + "\n")
    table = "\n".join([head(), *(line(load, rows) for load in loads)])
    (RESULTS / "throughput.txt").write_text(table + "\n")
    with open(RESULTS / "throughput.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["load", "server", "round", "value", "unit", "own_cpu_ns", "kernel_cpu_ns"])
        units = {load.name: load.unit for load in loads}
        nanoseconds = lambda seconds: "" if seconds is None else round(seconds * 1e9, 1)
        for name, server, number, sample in rows:
            writer.writerow([name, server, number, round(sample.value, 2), units[name], nanoseconds(sample.own), nanoseconds(sample.kernel)])
    plot([load for load in loads if FLOOR.name in values(load, rows)], rows)


def plot(loads, rows):
    """One row a load, one mark a server: its ratio to the floor, on a logarithmic scale. The goal is a line."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams.update({"svg.hashsalt": "ws_server", "font.family": "sans-serif", "font.size": 9})
    figure, axes = pyplot.subplots(figsize=(9, 0.42 * len(loads) + 1.4))
    marks = dict(zip((column.name for column in COLUMNS), "oX^v<sPDxp*"))
    for place, load in enumerate(reversed(loads)):
        found = values(load, rows)
        for column in COLUMNS:
            if column.name in found:
                # More is better in every row.
                better = ratio(found, column.name)
                axes.plot(1 / better if load.less else better, place, marks[column.name], color=f"C{COLUMNS.index(column)}", markersize=6,
                          label=column.name)
        goal = load.goals.get(CLASS.name)
        if goal:
            goal = 1 / goal if load.less else goal
            axes.plot([goal, goal], [place - 0.35, place + 0.35], color="black", linewidth=1)
    axes.set_yticks(range(len(loads)), [f"{load.name}: {load.title}" for load in reversed(loads)])
    axes.set_xscale("log")
    axes.axvline(1, color="grey", linewidth=0.8)
    axes.set_xlabel("as good as the floor = 1, more is better; black: the goal for the class")
    axes.grid(axis="x", which="both", linewidth=0.3)
    labels = dict(zip(*reversed(axes.get_legend_handles_labels())))
    figure.legend(labels.values(), labels.keys(), loc="upper center", ncols=4, frameon=False)
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.6 / figure.get_figheight()))
    figure.savefig(RESULTS / "throughput.svg", metadata={"Date": None})
