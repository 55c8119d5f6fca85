"""What was measured, as a table, as CSV and as a picture."""

import csv
import statistics

from servers import BENCHES, CLASS, CLASS_1, CLASS_2, FLOOR, LEGACY, LEGACY_1, NODE, FAST, TUNGSTENITE

COLUMNS = [CLASS, CLASS_1, CLASS_2, LEGACY, LEGACY_1, FAST, TUNGSTENITE, NODE]
RESULTS = BENCHES / "results"
WIDTH = 17


def medians(load, rows):
    """By server, for one load."""
    values = {}
    for name, server, _, sample in rows:
        if name == load.name:
            values.setdefault(server, []).append(sample)
    return {server: statistics.median(sample.value for sample in samples) for server, samples in values.items()}


def processor(load, rows):
    """Median seconds of processor per message, by server; empty where it was not measured."""
    values = {}
    for name, server, _, sample in rows:
        if name == load.name and sample.own is not None:
            values.setdefault(server, []).append(sample.own + sample.kernel)
    return {server: statistics.median(costs) for server, costs in values.items()}


def head():
    return f"{'':11} {'':34} {'floor':>19}" + "".join(f"{column.name:>{WIDTH}}" for column in COLUMNS)


def line(load, rows):
    found = medians(load, rows)
    floor = found.get(FLOOR.name)
    lead = f"{load.name:11} {load.title:34} " + (f"{floor:>10.0f} {load.unit:>12}"[:24].rjust(19) if floor else f"{load.unit:>19}")
    cells = (cell(found.get(column.name), floor) for column in COLUMNS)
    text = lead + "".join(f"{text:>{WIDTH}}" for text in cells)
    costs = processor(load, rows)
    if costs:
        ratios = (f"{costs[column.name] / costs[FLOOR.name]:.2f}" if column.name in costs else "" for column in COLUMNS)
        text += f"\n{'':11} {'  CPU of the server for a message':34} {costs[FLOOR.name] * 1e9:>16.0f} ns" + "".join(f"{text:>{WIDTH}}" for text in ratios)
    return text


def cell(value, floor):
    if value is None:
        return ""
    return f"{value / floor:.2f}" if floor else f"{value:.0f}"


def write(loads, rows):
    RESULTS.mkdir(exist_ok=True)
    table = "\n".join([head(), *(line(load, rows) for load in loads)])
    (RESULTS / "throughput.txt").write_text(table + "\n")
    with open(RESULTS / "throughput.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["load", "server", "round", "value", "unit", "own_cpu_ns", "kernel_cpu_ns"])
        units = {load.name: load.unit for load in loads}
        nanoseconds = lambda seconds: "" if seconds is None else round(seconds * 1e9, 1)
        for name, server, number, sample in rows:
            writer.writerow([name, server, number, round(sample.value, 2), units[name], nanoseconds(sample.own), nanoseconds(sample.kernel)])
    plot([load for load in loads if FLOOR.name in medians(load, rows)], rows)


def plot(loads, rows):
    """One row a load, one mark a server: its ratio to the floor, on a logarithmic scale. The goal is a line."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams.update({"svg.hashsalt": "ws_server", "font.family": "sans-serif", "font.size": 9})
    figure, axes = pyplot.subplots(figsize=(9, 0.42 * len(loads) + 1.4))
    marks = dict(zip((column.name for column in COLUMNS), "o^vsDxP*"))
    for place, load in enumerate(reversed(loads)):
        found = medians(load, rows)
        for column in COLUMNS:
            if column.name in found:
                # More is better in every row.
                ratio = found[column.name] / found[FLOOR.name]
                axes.plot(1 / ratio if load.less else ratio, place, marks[column.name], color=f"C{COLUMNS.index(column)}", markersize=6,
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
