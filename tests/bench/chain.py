#!/usr/bin/env python3
"""1,000 chained /bin/true: stagerun, make and ninja side by side, as ratios.

Each round runs all of them in shuffled order; the ratio is taken within a round, so that a slow
moment of the machine hits all alike. Every stage is acknowledged as irreversible, so each intent is
synced before it is acted on.
"""

import argparse
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time


def write_pipeline(folder, stages):
    with open(os.path.join(folder, "pipeline.toml"), "w") as file:
        file.write('name = "chain"\n')
        for i in range(stages):
            file.write(f'[[stage]]\nname = "s{i}"\nuses = "exec"\n')
            file.write('acknowledge_irreversible = true\nwith = { run = ["/bin/true"] }\n')


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


def measure(argv, folder):
    for leftover in (".ninja_log", ".ninja_deps"):
        path = os.path.join(folder, leftover)
        if os.path.exists(path):
            os.unlink(path)
    begin = time.perf_counter()
    subprocess.run(argv, cwd=folder, check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stagerun", required=True)
    parser.add_argument("--stages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--scratch", default=None, help="where to work; must be a real disk")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="stagerun-bench-", dir=arguments.scratch)
    peers = {
        "stagerun": [arguments.stagerun, "run", "-q", "--yes", "pipeline.toml"],
        "make": ["make", "-s"],
        "ninja": ["ninja", "--quiet"],
    }
    try:
        write_pipeline(folder, arguments.stages)
        write_makefile(folder, arguments.stages)
        write_ninja(folder, arguments.stages)
        # Runs pile up, as they do in use. Deleting them between rounds would measure that: for a
        # minute ext4 looks at every inode freed lately before it gives a new one out.
        rounds = []
        for number in range(arguments.rounds + 1):
            order = list(peers)
            random.shuffle(order)
            times = {name: measure(peers[name], folder) for name in order}
            if number > 0:  # the first warms caches
                rounds.append(times)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{arguments.stages} chained /bin/true, {len(rounds)} rounds, medians")
    for name in peers:
        seconds = statistics.median(times[name] for times in rounds)
        ratio = statistics.median(times[name] / times["make"] for times in rounds)
        print(f"  {name:<10} {seconds * 1000:8.1f} ms   {ratio:5.2f} x make")


if __name__ == "__main__":
    main()
