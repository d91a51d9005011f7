"""Where the measurements run: tools, folders, environment, processor time and the machine."""

import json
import os
import pathlib
import platform
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

# Variables of the caller that would change the caches or the compilers.
FOREIGN = re.compile(r"(S?CCACHE_|TOOLCHAINKIT_|CMAKE_|XDG_|MAKEFLAGS|CC$|CXX$|CFLAGS|CXXFLAGS|LDFLAGS)")


class Place:
    """The tools, and a temporary folder for everything that is written."""

    def __init__(self, options):
        self.options = options
        self.tools = pathlib.Path(os.environ["TOOLCHAINKIT_TEST_TOOLS"])
        self.program = pathlib.Path(options.program).resolve()
        # Short: the paths of sockets are limited.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tkb-", dir=options.work))
        self.cmake = self.tools / f"cmake-{options.cmake}/cmake/data/bin/cmake"
        self.ninja = self.tools / "ninja/bin/ninja"
        (self.folder / "home").mkdir()

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def tool(self, name, version):
        """The executable of a cache tool."""
        return self.tools / f"{name}-{version}/bin/{name}"

    def environment(self, tool=None, **more):
        """The environment of a command, with this cache tool on PATH."""
        result = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
        folders = [self.cmake.parent, self.ninja.parent, "/usr/bin", "/bin", "/usr/sbin", "/sbin"]
        if tool:
            folders.insert(0, tool.parent)
        home = self.folder / "home"
        result.update(PATH=":".join(map(str, folders)), HOME=str(home), XDG_CACHE_HOME=str(home / "cache"))
        result.update(XDG_RUNTIME_DIR=str(home), **{name: str(value) for name, value in more.items()})
        return result

    def run(self, words, environment, folder=None):
        """Runs a command, which must succeed, and returns wall and processor time in seconds."""
        begin = time.perf_counter()
        with tempfile.TemporaryFile() as output:
            child = subprocess.Popen(
                list(map(str, words)), env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
            _, status, usage = os.wait4(child.pid, 0)
            wall = time.perf_counter() - begin
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode != 0:
                output.seek(0)
                text = output.read().decode(errors="replace")[-3000:]
                raise RuntimeError(f"{' '.join(map(str, words))} ended with {child.returncode}:\n{text}")
        return {"wall_s": wall, "cpu_s": usage.ru_utime + usage.ru_stime}

    def interleaved(self, rounds, commands):
        """Runs each command once in each round, after one round that does not count. A command is a function that returns
        the times."""
        samples = {name: [] for name in commands}
        for number in range(rounds + 1):
            names = list(commands) if number % 2 == 0 else list(reversed(commands))
            for name in names:
                sample = commands[name]()
                if number > 0:
                    samples[name].append(sample)
        return {name: summary(of) for name, of in samples.items()}


def summary(samples):
    """Medians and the spread of samples of times."""
    walls = [sample["wall_s"] for sample in samples]
    wall = statistics.median(walls)
    return {
        "wall_s": round(wall, 5),
        "cpu_s": round(statistics.median(sample["cpu_s"] for sample in samples), 5),
        "wall_min_s": round(min(walls), 5),
        "wall_max_s": round(max(walls), 5),
        "spread_percent": round(100 * (max(walls) - min(walls)) / wall, 1),
        "samples": len(samples),
    }


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def machine(place):
    """The machine, without its name."""
    cpu = pathlib.Path("/proc/cpuinfo").read_text(errors="replace")
    model = re.search(r"^model name\s*:\s*(.*)$", cpu, re.MULTILINE)
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', pathlib.Path("/etc/os-release").read_text(), re.MULTILINE))
    version = subprocess.run(["c++", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    kind = subprocess.run(["stat", "-f", "-c", "%T", place.folder], capture_output=True, text=True, check=True)
    return {
        "processor": model.group(1).strip() if model else platform.machine(),
        "processors": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(memory.group(1)) / 1024**2),
        "is_virtual": "hypervisor" in cpu,
        "system": release.get("PRETTY_NAME", platform.system()),
        "kernel": platform.release().split("-")[0],
        "file_system": kind.stdout.strip(),
        "compiler": version,
        "cmake": place.options.cmake,
        "ninja": subprocess.run([place.ninja, "--version"], capture_output=True, text=True, check=True).stdout.strip(),
        "load": round(os.getloadavg()[0], 1),
    }


def read_json(path):
    return json.loads(pathlib.Path(path).read_text())
