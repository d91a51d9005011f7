"""Configuring, builds without work, `generate`, and large projects."""

import shutil
import subprocess

# (files, targets)
SIZES = [(100, 1), (2000, 1), (2000, 2000), (10000, 1)]
QUICK = [(100, 1), (2000, 2000)]


def project(folder, files, targets):
    """A project of tiny sources in C."""
    folder.mkdir(parents=True)
    lines = ["cmake_minimum_required(VERSION 3.15...3.31)", "project(generated LANGUAGES C)"]
    for target in range(targets):
        names = [f"file_{index}.c" for index in range(target, files, targets)]
        lines.append(f"add_library(part_{target} STATIC {' '.join(names)})")
    for index in range(files):
        (folder / f"file_{index}.c").write_text(f"int function_{index}(void);\nint function_{index}(void) {{ return {index}; }}\n")
    (folder / "CMakeLists.txt").write_text("\n".join(lines) + "\n")


class Configured:
    """A build folder of a generated project, with the tool alone or with toolchainkit."""

    def __init__(self, place, source, tool, version, is_ours):
        self.place, self.source, self.build = place, source, source.parent / f"{source.name}-{tool}-{is_ours}"
        path = place.tool(tool, version)
        cache = place.folder / "caches" / self.build.name
        more = {"CCACHE_DIR": cache, "SCCACHE_DIR": cache, "SCCACHE_SERVER_UDS": place.folder / f"{tool}.sock"}
        if is_ours:
            more = {"TOOLCHAINKIT_LAUNCH": place.program.parent / "toolchainkit-launch"}
            self.option = f"-DCMAKE_TOOLCHAIN_FILE={source}/cmake/toolchain.cmake"
        else:
            self.option = f"-DCMAKE_C_COMPILER_LAUNCHER={path}"
        self.environment = place.environment(path, **more)

    def configure(self, is_first):
        if is_first and self.build.exists():
            shutil.rmtree(self.build)
        words = [self.place.cmake, "-G", "Ninja", "-S", self.source, "-B", self.build, self.option]
        return self.place.run(words, self.environment)

    def ninja(self, *words):
        return self.place.run([self.place.ninja, "-C", self.build, *words], self.environment)

    def stop(self, tool):
        """Ends the daemon, if there is one."""
        if tool == "sccache":
            launcher = self.build / "toolchainkit/launcher"
            program = launcher if launcher.exists() else tool
            subprocess.run([program, "--stop-server"], env=self.environment, capture_output=True, check=False)


def generate(place, source, tool):
    (source / "toolchainkit.yaml").write_text(f"cache: {{ tool: {tool} }}\n")
    return place.run([place.program, "generate"], place.environment(), source)


def measure_configuring(place, say, results):
    """First and again, for projects of several sizes, and a build in which nothing is out of date."""
    options = place.options
    rounds = 3 * options.rounds
    for files, targets in QUICK if options.quick else SIZES:
        source = place.folder / "generated" / f"{files}-{targets}"
        project(source, files, targets)
        # The tools differ little here.
        for tool, version in options.all_tools[: 2 if (files, targets) in QUICK else 1]:
            say(f"configuring {files} files in {targets} targets, {tool} {version}")
            generate(place, source, tool)
            both = {"tool": Configured(place, source, tool, version, False), "toolchainkit": Configured(place, source, tool, version, True)}
            found = {"tool": tool, "tool_version": version, "files": files, "targets": targets}
            for name, is_first in (("first", True), ("again", False)):
                measured = place.interleaved(rounds, {key: lambda it=it: it.configure(is_first) for key, it in both.items()})
                found[name] = measured
            found["build_ninja_bytes"] = {key: (it.build / "build.ninja").stat().st_size for key, it in both.items()}
            # Everything is compiled before.
            if files <= (2000 if options.rounds > 1 else 100):
                for it in both.values():
                    it.ninja()
                found["no_work"] = place.interleaved(2 * rounds + 1, {key: it.ninja for key, it in both.items()})
            for it in both.values():
                it.stop(tool)
            results.append(found)


def measure_generate(place, say, results):
    """`toolchainkit generate`, first and again."""
    say("generate")
    source = place.folder / "generated" / "yaml"
    source.mkdir(parents=True)

    def first():
        for path in [source / "cmake", source / "CMakePresets.json"]:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        return generate(place, source, "sccache")

    results.append(place.interleaved(21, {"first": first, "again": lambda: generate(place, source, "sccache")}))


def measure_growth(place, say, results):
    """10,000 small sources: warm, with 2 and with 64 clients at once."""
    options = place.options
    files = 500 if options.quick else 10000
    source = place.folder / "generated" / "growth"
    project(source, files, 100)
    for tool, version in options.all_tools:
        generate(place, source, tool)
        both = {"tool": Configured(place, source, tool, version, False), "toolchainkit": Configured(place, source, tool, version, True)}
        for it in both.values():
            it.configure(True)
            it.ninja()
        for jobs in (2, 64):
            say(f"{files} files with {jobs} clients, {tool} {version}")

            def warm(it, jobs=jobs):
                it.ninja("-t", "clean")
                return it.ninja("-j", jobs)

            measured = place.interleaved(1 if options.quick else 3, {key: lambda it=it: warm(it) for key, it in both.items()})
            results.append({"tool": tool, "tool_version": version, "files": files, "clients": jobs, "warm": measured})
        for it in both.values():
            it.stop(tool)
