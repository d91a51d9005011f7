"""Builds of public projects, measured by `toolchainkit bench`, also with a remote cache behind a slow network."""

import json
import shutil
import subprocess

from network import DelayingProxy, Server
from place import read_json

# Programs are not linked: it takes as long with each way to compile, and for some projects longer than all hits. Old releases ask
# for a CMake that the newest one does not imitate any more.
COMMON = ["-DCMAKE_C_LINK_EXECUTABLE=true", "-DCMAKE_CXX_LINK_EXECUTABLE=true", "-DCMAKE_POLICY_VERSION_MINIMUM=3.5"]

FMT_TESTS = ("args", "assert", "color", "core", "gtest-extra", "ostream", "printf", "ranges", "scan", "std", "unicode", "xchar")

# Debian's source package, the folder with CMakeLists.txt, options of CMake, and targets. Of the tests of fmt and of nlohmann's
# json, which take minutes each, there are some.
PROJECTS = {
    "zstd": ("libzstd", "build/cmake", ["-DZSTD_BUILD_TESTS=OFF", "-DZSTD_BUILD_SHARED=OFF"], []),
    "catch2": ("catch2", ".", [], []),
    "abseil": ("abseil", ".", [], ["base", "strings"]),
    "fmt": ("fmtlib", ".", ["-DFMT_DOC=OFF", "-DFMT_TEST=ON"], ["fmt", *(f"{name}-test" for name in FMT_TESTS)]),
    "json": (
        "nlohmann-json3",
        ".",
        ["-DJSON_BuildTests=ON", "-DJSON_TestDataDirectory=/nonexistent"],
        [f"test-{name}_cpp11" for name in ("allocator", "capacity", "comparison", "pointer_access")],
    ),
    "libuv": ("libuv1", ".", ["-DLIBUV_BUILD_TESTS=ON"], []),
    "mbedtls": ("mbedtls", ".", ["-DENABLE_TESTING=OFF"], []),
}

GTEST = """find_package(GTest REQUIRED)
add_library(gtest INTERFACE)
target_link_libraries(gtest INTERFACE GTest::gmock GTest::gtest)
"""


def bench(place, source, tool, version, build_type, options, targets, words, **environment):
    """One call of `toolchainkit bench`; returns its document."""
    result = place.folder / "bench.json"
    result.unlink(missing_ok=True)
    command = [place.program, "bench", source, "--tool", tool, "--build-type", build_type]
    for target in targets:
        command += ["--target", target]
    command += ["--work-dir", place.folder / "w", "--json", result, *words, "--", *options, *COMMON]
    set_ = place.environment(place.tool(tool, version), TOOLCHAINKIT_LAUNCH=place.program.parent / "toolchainkit-launch")
    set_.update(environment)
    ended = subprocess.run(list(map(str, command)), env=set_, capture_output=True, text=True, check=False)
    if not result.exists():
        raise RuntimeError(f"toolchainkit bench failed:\n{ended.stderr[-3000:]}")
    document = read_json(result)
    for cell in document["cells"]:
        # A failed cell names paths of this machine.
        if cell["failure"]:
            raise RuntimeError(f"{cell['scenario']} {cell['variant']}: {cell['failure']}")
    kept = {name: document[name] for name in ("tool", "tool_version", "objects", "rounds")}
    kept["links_programs"] = False
    kept["cells"] = [
        {name: cell[name] for name in ("scenario", "variant", "summary", "against_tool")} | counted(cell)
        for cell in document["cells"]
    ]
    return kept


def counted(cell):
    last = cell["samples"][-1]
    return {"hits": last["hits"], "misses": last["misses"], "samples": len(cell["samples"])}


def source_of(place, name):
    """A checkout of a project; returns the folder with CMakeLists.txt."""
    package, below, *_ = PROJECTS[name]
    checkout = place.folder / "checkouts" / name
    if not checkout.exists():
        shutil.copytree(place.tools / f"source-{package}", checkout, symlinks=True)
        # The archive has no repository, and the sources of some projects are above their CMakeLists.txt.
        (checkout / ".git").mkdir(exist_ok=True)
        if name == "fmt":
            # Debian's archive is without fmt's copy of GoogleTest.
            gtest = checkout / "test/gtest"
            gtest.mkdir(exist_ok=True)
            (gtest / "CMakeLists.txt").write_text(GTEST)
    return checkout / below


def measure_builds(place, say, results):
    """All projects: Release with all states of the cache for the tools of the tests, and else warm."""
    options = place.options
    for name in options.projects:
        _, _, more, targets = PROJECTS[name]
        for build_type in ["Release"] if options.quick else ["Release", "Debug"]:
            for number, (tool, version) in enumerate(options.all_tools):
                is_complete = build_type == "Release" and number < 2
                if options.quick and not is_complete:
                    continue
                say(f"builds of {name}, {build_type}, {tool} {version}")
                words = ["--rounds", options.rounds, "--warm", 3 if options.quick else 5]
                if not is_complete:
                    # A second checkout of the tool alone would compile everything.
                    words += ["--only", "warm"]
                found = bench(place, source_of(place, name), tool, version, build_type, more, targets, words)
                results.append({"project": name, "build_type": build_type, **found})


def measure_hits(place, say, results):
    """The cost of a hit: all objects of a project with each way to start the tools."""
    options = place.options
    for name in [name for name in ("zstd", "fmt") if name in options.projects]:
        for tool, version in options.all_tools:
            say(f"hits of {name}, {tool} {version}")
            words = ["--rounds", 1, "--warm", 3 if options.quick else 9, "--only", "warm"]
            words += ["--with", "tool,tuned,env,script,toolchainkit"]
            _, _, more, targets = PROJECTS[name]
            found = bench(place, source_of(place, name), tool, version, "Debug", more, targets, words)
            results.append({"project": name, "build_type": "Debug", **found})


def measure_remotes(place, say, results):
    """Warm from the remote cache alone, behind networks of different latency."""
    options = place.options
    name = "zstd"
    _, _, more, targets = PROJECTS[name]
    source = source_of(place, name)
    configuration = source / "toolchainkit.yaml"
    kinds = ["redis"] if options.quick else ["redis", "http", "s3"]
    for kind in kinds:
        with Server(place, kind) as server:
            for milliseconds in [1, 10] if options.quick else [0, 1, 10, 50]:
                with DelayingProxy(server.port, milliseconds / 1000) as proxy:
                    for tool, version in options.all_tools[:2]:
                        if kind == "s3" and tool == "ccache":
                            continue
                        say(f"{kind} with {milliseconds} ms of latency, {tool} {version}")
                        config = {"project": {"name": name}, "output": {"presets": "none"}, "cache": {"remote": server.remote(proxy.port)}}
                        configuration.write_text(json.dumps(config))
                        words = ["--remote", "--only", "remote", "--rounds", 2 * options.rounds]
                        found = bench(
                            place, source, tool, version, "Release", more, targets, words, **server.secrets
                        )
                        results.append({"project": name, "build_type": "Release", "remote": kind, "latency_ms": milliseconds, **found})
                        server.empty()
    configuration.unlink()
