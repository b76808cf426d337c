#!/usr/bin/env python3
"""Voice quality on bad networks, of the box and of other receivers on the same packets. See README.md.

    tests/bench/quality/run.py [--codec pcmu] [--receivers box,webrtc,…] [--traces clean,…] [--out FOLDER]

Prints a table of PESQ scores. Exit status 1 if the box is below another receiver anywhere by more than the margin.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import program  # noqa: E402
import receivers  # noqa: E402
import score  # noqa: E402
import speech  # noqa: E402
import trace  # noqa: E402

RECEIVERS = {
    "box": receivers.box,
    "program": None,  # wants --binary
    "webrtc": receivers.webrtc,
    "baresip 5-10": receivers.baresip("5-10"),
    "mediastreamer": receivers.mediastream,
    "repetition": receivers.repetition,
    "silence": receivers.silence,
}
# Those that are no receivers, only what they would be with a perfect buffer.
POINTS = ("repetition", "silence")
OURS = ("box", "program")
RATES = {"pcmu": 8000, "g722": 16000, "opus": 16000}
# Differences of means below this are noise of the traces.
MARGIN = 0.05
# A packet sent so much later than the trace says spoils a measurement.
LATE_MS = 40
ATTEMPTS = 2


def tool():
    """The playout of the box, built from its sources."""
    root = os.path.join(HERE, "../../..")
    command = ["cargo", "build", "--release", "--quiet", "-p", "media", "--example", "playout_trace"]
    subprocess.run(command, cwd=root, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(root, "target"))
    return os.path.abspath(os.path.join(target, "release/examples/playout_trace"))


def payloads(example, codec, call):
    command = [example, "encode", codec, str(call.rate)]
    done = subprocess.run(command, input=call.samples.tobytes(), stdout=subprocess.PIPE, check=True)
    return [bytes.fromhex(line) for line in done.stdout.decode().split()]


def hear(name, job):
    """What one receiver makes of one call. Where this machine was late itself it is done again."""
    heard, least = None, None
    for _ in range(ATTEMPTS):
        job.late_ms = 0.0
        try:
            samples = RECEIVERS[name](job)
        except (OSError, RuntimeError, ValueError, EOFError, subprocess.SubprocessError) as error:
            print(f"{name}, {job.folder}: {error}", file=sys.stderr)
            continue
        if least is None or job.late_ms < least:
            heard, least = samples, job.late_ms
        if least < LATE_MS:
            break
    job.late_ms = least
    return heard


def read(path, calls):
    """All scores of a receiver on a network, over these calls: the last measured counts."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for line in map(json.loads, file):
            found.setdefault((line["receiver"], line["network"]), {})[line["call"]] = line["scores"]
    return {
        key: [one for call in calls for one in parts[call]]
        for key, parts in found.items()
        if all(parts.get(call) for call in calls)
    }


def table(results, names, traces):
    lines = ["| network | " + " | ".join(names) + " |", "|" + "---|" * (len(names) + 1)]
    for row in traces:
        cells = []
        for name in names:
            found = results.get((name, row), [])
            cells.append(f"{sum(found) / len(found):.2f}" if found else "–")
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--codec", default="pcmu", choices=sorted(RATES))
    parser.add_argument("--receivers", default=",".join(name for name in RECEIVERS if name != "program"))
    parser.add_argument("--traces", default=";".join(trace.TRACES), help="separated by semicolons")
    parser.add_argument("--calls", default=",".join(speech.VOICES))
    parser.add_argument("--seed", default="1")
    parser.add_argument("--parallel", type=int, default=8, help="calls at once to receivers in real time")
    parser.add_argument("--binary", help="the program, for the receiver `program`")
    parser.add_argument("--tool", help="the example playout_trace, built already")
    parser.add_argument("--out", help="folder for what was heard")
    options = parser.parse_args()
    if options.binary:
        RECEIVERS["program"] = program.program(options.binary)
    names, traces = options.receivers.split(","), options.traces.split(";")
    folder = os.path.abspath(options.out or tempfile.mkdtemp(prefix="strowger-quality-"))
    os.makedirs(folder, exist_ok=True)
    example = options.tool or tool()
    calls = [c for c in speech.calls(RATES[options.codec], folder) if c.name in options.calls.split(",")]
    coded = {call.name: payloads(example, options.codec, call) for call in calls}

    # What was measured before in the same folder is shown too, so receivers can be run one after another.
    kept = os.path.join(folder, f"scores-{options.codec}-{options.seed}.jsonl")
    jobs = []
    for row in traces:
        for call in calls:
            for name in names:
                packets = coded[call.name]
                arrivals = trace.trace(row, call.name, len(packets), options.seed)
                place = os.path.join(folder, f"{name}-{row}-{call.name}".replace(" ", "_").replace(",", ""))
                jobs.append((name, row, receivers.Job(call, options.codec, packets, arrivals, place, example)))
    # Scores take the processor for long and may wait; the players' clocks need it in time, not for long.
    scorer = ProcessPoolExecutor(1)
    scorer.submit(os.nice, 0).result()
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(5))
    except PermissionError:
        print("not root: the receivers in real time may stumble on a busy machine", file=sys.stderr)
    with ThreadPoolExecutor(options.parallel) as pool, open(kept, "a", encoding="utf-8") as file:
        for (name, row, job), heard in zip(jobs, pool.map(lambda j: hear(j[0], j[2]), jobs)):
            line = {"receiver": name, "network": row, "call": job.call.name, "late_ms": job.late_ms, "scores": []}
            if heard is not None:
                heard.tofile(job.path("scored.raw"))
                found = scorer.submit(score.scores, job.call, heard).result()
                line["scores"] = [round(one, 3) for one in found]
            print(json.dumps({**line, "notes": job.notes}), file=file, flush=True)
    results = read(kept, [call.name for call in calls])
    names = [name for name in RECEIVERS if any(name == key[0] for key in results)]
    traces = [row for row in trace.TRACES if any(row == key[1] for key in results)]
    print(table(results, names, traces))
    below = []
    for row in traces:
        ours = results.get(("box", row), [])
        for name in names:
            theirs = results.get((name, row), [])
            if name in OURS or name in POINTS or not ours or not theirs:
                continue
            gap = sum(theirs) / len(theirs) - sum(ours) / len(ours)
            if gap > MARGIN:
                below.append(f"{row}: {name} is better by {gap:.2f}")
    print("\n".join(below) if below else "the box is below none of the receivers")
    sys.exit(1 if below else 0)


if __name__ == "__main__":
    main()
