"""Single compilations that hit: of a small source in C, and of one in C++ with many headers."""

import pathlib
import subprocess

SOURCES = {
    "c": ("cc", "a.c", '#include <stdio.h>\nint f(void);\nint f(void) { return printf("x"); }\n'),
    "cxx": (
        "c++",
        "b.cpp",
        "#include <algorithm>\n#include <iostream>\n#include <map>\n#include <regex>\n#include <string>\n#include <vector>\n"
        'int g() { std::map<std::string, int> map; std::regex word("a"); std::cout << map.size(); return 0; }\n',
    ),
}


def measure_single(place, say, results):
    """The tool with its defaults, with the settings that the launcher gives it, and toolchainkit."""
    options = place.options
    source = place.folder / "single"
    source.mkdir()
    module = pathlib.Path(__file__).parents[2] / "cmake/ToolchainKit.cmake"
    for _, name, text in SOURCES.values():
        (source / name).write_text(text)
    for tool, version in options.all_tools:
        (source / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.15)\nproject(single LANGUAGES C CXX)\n"
            f"include({module})\ntoolchainkit_enable_cache(PROJECT single TOOL {tool})\nadd_library(single STATIC a.c b.cpp)\n"
        )
        path = place.tool(tool, version)
        build = place.folder / f"single-{tool}-{version}"
        cache = place.folder / "caches" / f"single-{version}"
        ours = place.environment(path, TOOLCHAINKIT_LAUNCH=place.program.parent / "toolchainkit-launch")
        place.run([place.cmake, "-G", "Ninja", "-S", source, "-B", build, "-DCMAKE_BUILD_TYPE=Debug"], ours)
        launcher = build / "toolchainkit/launcher"
        empty = place.folder / "empty"
        empty.touch()
        alone = place.environment(
            path, CCACHE_DIR=cache, CCACHE_CONFIGPATH=empty, SCCACHE_DIR=cache, SCCACHE_CONF=empty, SCCACHE_SERVER_UDS=place.folder / f"{version}.s"
        )
        same = {**alone, "CCACHE_SLOPPINESS": "file_stat_matches", "CCACHE_BASEDIR": str(source), "CCACHE_COMPILERCHECK": "content"}
        for language, (compiler, name, _) in SOURCES.items():
            say(f"single hits, {language}, {tool} {version}")

            def compiling(program, environment, output, compiler=compiler, name=name):
                words = [program, f"/usr/bin/{compiler}", "-g", "-MD", "-MF", f"{output}.d", "-c", source / name, "-o", f"{output}.o"]
                return lambda: place.run(words, environment, build)

            commands = {
                "alone": compiling(path, alone, "alone"),
                "same_settings": compiling(path, same, "same"),
                "toolchainkit": compiling(launcher, ours, "ours"),
            }
            for command in commands.values():
                # A miss, and the first hit.
                command()
                command()
            measured = place.interleaved(20 if options.quick else 150, commands)
            results.append({"tool": tool, "tool_version": version, "language": language, **measured})
        if tool == "sccache":
            for program, environment in ((launcher, ours), (path, alone)):
                subprocess.run([program, "--stop-server"], env=environment, capture_output=True, check=False)
