"""Runs the peers in turn, each as a whole process, and prints a table of what they cost and how much they got right.

In: a JSON file of peers ([{name, command, records}]), `jobs.json` of prepare.py, number of rounds, the scorer (example `score` of
hotline-eval). Figures are medians over the rounds: processor seconds (user and system) and peak memory as the system accounts for the
finished process, wall seconds, and processor seconds by second of speech. The character error rate is counted over whole channels
by the same scorer for all: folded to Simplified, letters and digits only, numbers read alike whether in digits or in words.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    peers = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    jobs = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    rounds = int(sys.argv[3])
    scorer = sys.argv[4]
    folder = Path(sys.argv[2]).parent
    speech = sum(end - start for job in jobs for start, end in job["segments"])
    runs: dict[str, list[tuple[float, float, float]]] = {peer["name"]: [] for peer in peers}
    for number in range(rounds):
        # Every other round backwards, so that a drift of the machine's speed hits all alike.
        for peer in peers if number % 2 == 0 else reversed(peers):
            out = folder / f"{peer['name']}.out"
            runs[peer["name"]].append(run(peer["command"], out))
            print(f"round {number + 1}: {peer['name']} {runs[peer['name']][-1][0]:.1f} CPU s", file=sys.stderr, flush=True)
    print(f"{len(jobs)} channels, {speech:.0f} s of speech, medians of {rounds} rounds\n")
    print("| peer | CPU s | wall s | CPU s by s of speech | CER % | peak MB |")
    print("|---|---|---|---|---|---|")
    for peer in peers:
        cpu, wall, peak = (statistics.median(column) for column in zip(*runs[peer["name"]]))
        error = f"{100 * error_rate(scorer, jobs, texts(peer, folder)):.1f}"
        print(f"| {peer['name']} | {cpu:.1f} | {wall:.1f} | {cpu / speech:.3f} | {error} | {peak:.0f} |")
    print("\nCPU s of each round, in order:")
    for name, rows in runs.items():
        print(f"- {name}: " + ", ".join(f"{cpu:.1f}" for cpu, _, _ in rows))


def run(command: list[str], out: Path) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak MB of one finished process; what it prints goes to a file."""
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    started = time.monotonic()
    with open(out, "wb") as stdout:
        actions = [(os.POSIX_SPAWN_DUP2, stdout.fileno(), 1)]
        child = os.posix_spawnp(command[0], command, environment, file_actions=actions)
        _, status, usage = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(command)} failed")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - started, usage.ru_maxrss / 1024


def texts(peer: dict, folder: Path) -> dict[str, str]:
    """Text by channel: from the lines a peer printed, or from the records the program kept."""
    if "records" not in peer:
        lines = (folder / f"{peer['name']}.out").read_text(encoding="utf-8").splitlines()
        return {line["id"]: line["text"] for line in map(json.loads, lines)}
    found: dict[str, str] = {}
    for path in Path(peer["records"]).glob("*.record.json"):
        stem = path.name.removesuffix(".record.json").rsplit(".", 1)[0]
        for utterance in json.loads(path.read_text(encoding="utf-8"))["transcript"]["utterances"]:
            key = f"{stem}-{utterance['channel']}"
            found[key] = found.get(key, "") + utterance["text"]
    return found


def error_rate(scorer: str, jobs: list[dict], heard: dict[str, str]) -> float:
    lines = [
        json.dumps({"text": job["text"], "spoken": job["spoken"], "heard": heard.get(job["id"], "")}, ensure_ascii=False)
        for job in jobs
    ]
    done = subprocess.run([scorer], input="\n".join(lines), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["cer"]


if __name__ == "__main__":
    main()
