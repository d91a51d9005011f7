"""Recorded runs: as Markdown, and compared with an earlier one."""

import json


def last(folder, name, path):
    """The last recorded run of this machine before the one in `path`."""
    found = sorted(other for other in folder.glob(f"*-{name}.json") if other != path)
    return json.loads(found[-1].read_text()) if found else None


def table(head, rows):
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"
    yield ""


def number(value, digits=1):
    return "" if value is None else f"{value:.{digits}f}"


def cells_of(build):
    return {(cell["scenario"], cell["variant"]): cell for cell in build["cells"]}


def tool_of(build):
    return f"{build['tool']} {build['tool_version']}"


def builds(found):
    """A row for each project, tool and scenario."""
    rows = []
    for build in found:
        cells = cells_of(build)
        uncached = cells.get(("uncached", "none"), {}).get("summary")
        for (scenario, variant), cell in cells.items():
            against, own = cell["against_tool"], cell["summary"]
            if variant != "toolchainkit" or own is None:
                continue
            bare = cells[scenario, "tool"]["summary"]
            latency = f", {build['remote']} +{build['latency_ms']} ms" if "remote" in build else ""
            rows.append(
                [
                    f"{build['project']} ({build['objects']})",
                    build["build_type"],
                    tool_of(build) + latency,
                    scenario.replace("_", " "),
                    f"{number(bare['wall_ms_per_object'])}, {number(bare['cpu_ms_per_object'])}",
                    f"{number(own['wall_ms_per_object'])}, {number(own['cpu_ms_per_object'])}",
                    f"{number(against['wall'], 2)}, {number(against['cpu'], 2)}" if against else "",
                    number(own["wall_s"] / uncached["wall_s"], 3) if uncached else "",
                    number(own["spread_percent"], 0) + " %",
                ]
            )
    head = ["project (objects)", "type", "tool", "build", "alone: wall, CPU in ms/object", "toolchainkit", "ratio", "of uncached", "spread"]
    return table(head, rows)


def hits(found):
    rows = []
    for build in found:
        for (_, variant), cell in cells_of(build).items():
            own = cell["summary"]
            rows.append(
                [build["project"], tool_of(build), variant, number(own["wall_ms_per_object"], 2), number(own["cpu_ms_per_object"], 2)]
            )
    return table(["project", "tool", "with", "wall in ms/object", "CPU in ms/object"], rows)


def milliseconds(measured, key="cpu_s"):
    return number(1000 * measured[key], 0)


def configuring(found):
    rows = []
    for project in found:
        row = [tool_of(project), project["files"], project["targets"]]
        for name in ("first", "again", "no_work"):
            measured = project.get(name)
            row.append(
                "" if measured is None else f"{milliseconds(measured['tool'])} → {milliseconds(measured['toolchainkit'])} ms"
            )
        size = project["build_ninja_bytes"]
        rows.append([*row, number(size["toolchainkit"] / size["tool"], 2)])
    return table(["tool", "files", "targets", "first", "again", "no work", "size of build.ninja"], rows)


def generate(found):
    rows = [[key, milliseconds(it, "wall_s") + " ms", milliseconds(it) + " ms"] for key, it in found[-1].items()]
    return table(["generate", "wall", "CPU"], rows)


def single(found):
    rows = []
    for it in found:
        times = [f"{number(1000 * it[key]['wall_min_s'], 2)}, {number(1000 * it[key]['cpu_s'], 2)} ms" for key in ("alone", "same_settings", "toolchainkit")]
        rows.append([it["language"], tool_of(it), *times])
    return table(["language", "tool", "defaults: shortest wall, CPU of the client", "with the launcher's settings", "toolchainkit"], rows)


def growth(found):
    rows = [
        [tool_of(it), it["files"], it["clients"], *(f"{number(it['warm'][key]['wall_s'])}, {number(it['warm'][key]['cpu_s'])} s" for key in ("tool", "toolchainkit"))]
        for it in found
    ]
    return table(["tool", "files", "clients", "alone: wall, CPU", "toolchainkit"], rows)


PARTS = {
    "single": ("One hit", single),
    "builds": ("Builds", builds),
    "hits": ("Cost of a hit", hits),
    "configuring": ("Configuring: processor time, alone → with toolchainkit", configuring),
    "generate": ("generate", generate),
    "remotes": ("Warm from the remote cache alone", builds),
    "growth": ("Large projects, warm", growth),
}


def machine_text(machine):
    kind = "virtual machine" if machine["is_virtual"] else "machine"
    return (
        f"{machine['processors']} processors ({machine['processor']}), {machine['memory_gib']} GiB, {kind}, {machine['system']}, "
        f"Linux {machine['kernel']}, {machine['file_system']}, {machine['compiler']}, CMake {machine['cmake']}, Ninja {machine['ninja']}; "
        f"load at the start: {machine['load']}"
    )


def ratios(document):
    """Each comparison of a run: its name, and the ratio of the processor times."""
    found = {}
    for part in ("builds", "remotes", "hits"):
        for build in document["parts"].get(part, []):
            for (scenario, variant), cell in cells_of(build).items():
                if cell["against_tool"]:
                    more = f", {build['remote']} +{build['latency_ms']} ms" if "remote" in build else ""
                    name = f"{build['project']}, {build['build_type']}, {tool_of(build)}{more}, {scenario}, {variant}"
                    found[name] = cell["against_tool"]["cpu"]
    for project in document["parts"].get("configuring", []):
        for name in ("first", "again", "no_work"):
            if name in project:
                key = f"configuring {project['files']} files in {project['targets']} targets, {tool_of(project)}, {name}"
                found[key] = project[name]["toolchainkit"]["cpu_s"] / project[name]["tool"]["cpu_s"]
    return found


def compared(document, previous):
    before, now = ratios(previous), ratios(document)
    rows = [
        [name, number(before[name], 2), number(now[name], 2)]
        for name in now
        if before.get(name) and now[name] and abs(now[name] / before[name] - 1) > 0.05
    ]
    yield f"### Compared with {previous['date']}: ratios to the tool alone that differ by more than 5 %"
    yield ""
    yield from table(["", previous["date"], document["date"]], rows) if rows else ["None.", ""]


def markdown(document, previous=None):
    """A run for people, compared with an earlier one."""
    lines = [f"## {document['date']}, {document['name']}", "", machine_text(document["machine"]) + ".", ""]
    if document["is_quick"]:
        lines += ["A quick run: the figures are rough.", ""]
    for part, found in document["parts"].items():
        title, render = PARTS[part]
        lines += [f"### {title}", "", *render(found)]
    if previous:
        lines += compared(document, previous)
    return "\n".join(lines)
