#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Start-up time of the commands, as ratios to Debian's Python commands in the same run.

    bench/startup.py [--rounds N] [--peer-dir /usr/bin]

The commands are those of the distributions below */target (run "./mvnw package" first). Each round runs every command once, in
turn, so that a busy machine slows all of them alike; the medians are compared. Exit code 1 when a ratio is above the limit.
"""
import argparse
import glob
import os
import statistics
import subprocess
import sys
import time

LIMIT = 0.40
PAIRS = [("barman-cli", "barman"), ("barman-wal-restore", "barman-wal-restore")]


def seconds(command):
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--peer-dir", default="/usr/bin", help="where the commands to compare with are")
    options = parser.parse_args()
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    runs = {}
    for module, name in PAIRS:
        found = glob.glob(f"{root}/{module}/target/{module}-*/bin/{name}")
        if not found:
            sys.exit(f"no {name} below {module}/target: build it with ./mvnw package")
        peer = os.path.join(options.peer_dir, name)
        if not os.path.exists(peer):
            sys.exit(f"{peer} is not installed: nothing to compare with")
        if not glob.glob(f"{root}/{module}/target/{module}-*/lib/classes.*"):
            print(f"{module}: no class archive, the start is slower than it could be", file=sys.stderr)
        runs[name] = ([found[0], "--version"], [peer, "--version"], [], [])
    for round_number in range(options.rounds + 1):
        for ours, peer, our_times, peer_times in runs.values():
            timings = (seconds(ours), seconds(peer))
            if round_number > 0:  # the first round only warms the caches
                our_times.append(timings[0])
                peer_times.append(timings[1])
    late = False
    print(f"{'command':24} {'ours':>9} {'peer':>9} {'ratio':>6}   (medians of {options.rounds})")
    for name, (_, _, our_times, peer_times) in runs.items():
        ours, peer = statistics.median(our_times), statistics.median(peer_times)
        late |= ours / peer > LIMIT
        print(f"{name + ' --version':24} {ours * 1000:6.0f} ms {peer * 1000:6.0f} ms {ours / peer:6.2f}")
    sys.exit(1 if late else 0)


if __name__ == "__main__":
    main()
