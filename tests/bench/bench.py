#!/usr/bin/env python3
"""What stagerun costs, beside make, ninja and just, in one run and as ratios.

Each round runs all of them in shuffled order; a ratio is taken within a round, so that a slow
moment of the machine hits all alike; what is printed is the median of the ratios. Every stage of a
chain is acknowledged as irreversible, so each intent is a write, and synced before it is acted on.

  bench.py --stagerun FILE --just FILE --scratch FOLDER [--rounds N] [NAME ...]

The folder must be on a real disk. NAMEs are those of `BENCHES`; without one all are run.
"""

import argparse
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time

QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


# -- The same chain in four languages ----------------------------------------------------------

def write_pipeline(folder, stages, each):
    with open(os.path.join(folder, "pipeline.toml"), "w") as file:
        file.write('name = "chain"\n')
        for i in range(stages):
            file.write(f'[[stage]]\nname = "s{i}"\n{each}')


def write_makefile(folder, stages):
    with open(os.path.join(folder, "Makefile"), "w") as file:
        names = " ".join(f"s{i}" for i in range(stages))
        file.write(f".PHONY: all {names}\nall: s{stages - 1}\n")
        for i in range(stages):
            file.write(f"s{i}: {f's{i - 1}' if i else ''}\n\t@/bin/true\n")


def write_ninja(folder, stages):
    with open(os.path.join(folder, "build.ninja"), "w") as file:
        file.write("rule t\n  command = /bin/true\n")
        for i in range(stages):
            file.write(f"build s{i}: t {f's{i - 1}' if i else ''}\n")


def write_justfile(folder, stages):
    with open(os.path.join(folder, "justfile"), "w") as file:
        for i in reversed(range(stages)):
            file.write(f"s{i}: {f's{i - 1}' if i else ''}\n  @/bin/true\n")


TRUE = 'uses = "exec"\nacknowledge_irreversible = true\nwith = { run = ["/bin/true"] }\n'
IDLE = 'uses = "idle"\n'
# Asks the host two things, in plan and in apply.
CHECK = 'uses = "env.check"\nwith = { variables = { PATH = {} } }\n'


# -- Measuring ---------------------------------------------------------------------------------

class Clock:
    def __init__(self, rounds):
        self.rounds = rounds

    def seconds(self, argv, folder):
        for leftover in (".ninja_log", ".ninja_deps"):
            path = os.path.join(folder, leftover)
            if os.path.exists(path):
                os.unlink(path)
        begin = time.perf_counter()
        subprocess.run(argv, cwd=folder, check=True, **QUIET)
        return time.perf_counter() - begin

    # Runs pile up, as they do in use. Deleting them between rounds would measure that: for a
    # minute ext4 looks at every inode freed lately before it gives a new one out.
    def compare(self, title, peers, folder, base, rounds=None):
        taken = []
        for number in range((rounds or self.rounds) + 1):
            order = list(peers)
            random.shuffle(order)
            times = {name: self.seconds(peers[name], folder) for name in order}
            if number > 0:  # the first warms caches
                taken.append(times)
        print(f"{title}; medians of {len(taken)} rounds")
        for name in peers:
            seconds = statistics.median(times[name] for times in taken)
            ratio = statistics.median(times[name] / times[base] for times in taken)
            print(f"  {name:<24} {seconds * 1000:9.2f} ms   {ratio:5.2f} x {base}")


def peak_kib(argv, folder):
    """The program's own high-water mark; its children's and its launcher's do not count."""
    peak = 0
    with subprocess.Popen(argv, cwd=folder, **QUIET) as process:
        while process.poll() is None:
            try:
                with open(f"/proc/{process.pid}/status") as status:
                    for line in status:
                        if line.startswith("VmHWM:"):
                            peak = max(peak, int(line.split()[1]))
            except OSError:
                pass
            time.sleep(0.005)
        assert process.returncode == 0
    return peak


# -- What is measured --------------------------------------------------------------------------

def bench_start(tools, clock, folder):
    peers = {"stagerun": [tools.stagerun, "--version"], "make": ["make", "--version"],
             "ninja": ["ninja", "--version"], "just": [tools.just, "--version"]}
    clock.compare("--version", peers, folder, "make", clock.rounds * 10)


def write_chains(folder, stages):
    write_pipeline(folder, stages, TRUE)
    write_makefile(folder, stages)
    write_ninja(folder, stages)
    write_justfile(folder, stages)


def bench_chain(tools, clock, folder):
    stages = 1000
    write_chains(folder, stages)
    run = [tools.stagerun, "run", "-q", "--yes", "pipeline.toml"]
    clock.compare(f"{stages} chained /bin/true",
                  {"stagerun": run, "stagerun (run)": run + ["--durability", "run"],
                   "make": ["make", "-s"], "ninja": ["ninja", "--quiet"],
                   "just": [tools.just, "--quiet", f"s{stages - 1}"]}, folder, "make")


def bench_long_chain(tools, clock, folder):
    stages = 10000
    write_pipeline(folder, stages, TRUE)
    write_makefile(folder, stages)
    run = [tools.stagerun, "run", "-q", "--yes", "pipeline.toml"]
    clock.compare(f"{stages} chained /bin/true", {"stagerun": run, "make": ["make", "-s"]}, folder,
                  "make", max(1, clock.rounds // 3))
    print(f"  stagerun's peak memory   {peak_kib(run, folder) / 1024:9.1f} MiB")


def bench_validate(tools, clock, folder):
    stages = 10000
    write_pipeline(folder, stages, TRUE)
    validate = [tools.stagerun, "validate", "pipeline.toml"]
    clock.compare(f"validate {stages} stages", {"stagerun": validate}, folder, "stagerun")
    print(f"  stagerun's peak memory   {peak_kib(validate, folder) / 1024:9.1f} MiB")


def bench_stage(tools, clock, folder):
    """What one more stage costs that neither starts a process nor writes."""
    plugins = os.path.join(os.path.dirname(tools.stagerun), "..", "bench_plugins")
    run = [tools.stagerun, "run", "-q", "--yes", "--plugins", plugins, "pipeline.toml"]
    few, many = 500, 2500
    print("one more stage without process or write")
    for name, each in (("idle", IDLE), ("env.check", CHECK)):
        costs = []
        for _ in range(clock.rounds):
            write_pipeline(folder, few, each)
            short = clock.seconds(run, folder)
            write_pipeline(folder, many, each)
            costs.append((clock.seconds(run, folder) - short) / (many - few) * 1e6)
        print(f"  {name:<24} {statistics.median(costs):9.1f} us, median of {len(costs)} rounds")


BENCHES = {"start": bench_start, "chain": bench_chain, "long_chain": bench_long_chain,
           "validate": bench_validate, "stage": bench_stage}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stagerun", required=True)
    parser.add_argument("--just", required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--scratch", required=True, help="where to work; must be a real disk")
    parser.add_argument("names", nargs="*", choices=[[], *BENCHES])
    arguments = parser.parse_args()
    for name in arguments.names or BENCHES:
        folder = tempfile.mkdtemp(prefix=f"stagerun-{name}-", dir=arguments.scratch)
        try:
            BENCHES[name](arguments, Clock(arguments.rounds), folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
