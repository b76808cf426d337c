// WebRTC's own receiver on a trace. Two peers of the library talk through a relay in this process; the relay lets each
// RTP packet arrive when the trace says so, or never.
//
//     node receiver.js CODEC SPEECH RATE TRACE OUT
//
// SPEECH: raw 16-bit samples at RATE. TRACE: a line a packet of 20 ms, microseconds of its arrival since the first was
// sent, or `lost`. OUT: raw samples, mono; their rate is printed.
"use strict";
const childProcess = require("child_process");
const dgram = require("dgram");
const fs = require("fs");
const { RTCPeerConnection, nonstandard } = require("@roamhq/wrtc");

const [codec, speechFile, rateText, traceFile, outFile] = process.argv.slice(2);
const rate = Number(rateText);
const trace = fs.readFileSync(traceFile, "utf8").trim().split("\n");
const octets = fs.readFileSync(speechFile);
const speech = new Int16Array(octets.buffer, octets.byteOffset, octets.length >> 1);
// Held back so long at least, the sender's own timers do not show in the arrivals.
const HOLD_MS = 100;

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

// Leaves one codec in the offer, so that nothing else (RED, comfort noise) is sent, and no congestion control, for the
// sender would probe the path with packets of padding.
function only(sdp, wanted) {
  const lines = sdp.split("\r\n");
  const map = lines.find((line) => line.startsWith("a=rtpmap:") && line.toLowerCase().includes(" " + wanted + "/"));
  const type = map.match(/^a=rtpmap:(\d+)/)[1];
  return lines
    .filter((line) => {
      if (/^a=(extmap|rtcp-fb):/.test(line)) return false;
      const about = line.match(/^a=(?:rtpmap|fmtp):(\d+)/);
      return !about || about[1] === type;
    })
    .map((line) => (line.startsWith("m=audio") ? line.split(" ").slice(0, 3).concat(type).join(" ") : line))
    .join("\r\n");
}

const withoutCandidates = (sdp) => sdp.split("\r\n").filter((line) => !line.startsWith("a=candidate")).join("\r\n");

function gathered(peer) {
  return new Promise((resolve) => {
    if (peer.iceGatheringState === "complete") return resolve();
    peer.addEventListener("icegatheringstatechange", () => peer.iceGatheringState === "complete" && resolve());
  });
}

function hosts(sdp) {
  return [...sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host/gim)].map((m) => [m[1], Number(m[2])]);
}

async function main() {
  const relay = dgram.createSocket("udp4");
  const sender = new RTCPeerConnection();
  const receiver = new RTCPeerConnection();
  const source = new nonstandard.RTCAudioSource();
  sender.addTrack(source.createTrack());

  const heard = [];
  let heardRate = 0;
  receiver.ontrack = ({ track }) => {
    const sink = new nonstandard.RTCAudioSink(track);
    sink.ondata = ({ samples, sampleRate, channelCount }) => {
      heardRate = sampleRate;
      heard.push(Int16Array.from(samples).filter((_, n) => n % channelCount === 0));
    };
  };

  await sender.setLocalDescription({ type: "offer", sdp: only((await sender.createOffer()).sdp, codec) });
  await gathered(sender);
  await receiver.setRemoteDescription({ type: "offer", sdp: withoutCandidates(sender.localDescription.sdp) });
  await receiver.setLocalDescription({ type: "answer", sdp: (await receiver.createAnswer()).sdp });
  await gathered(receiver);

  const [fromHost] = hosts(sender.localDescription.sdp);
  const [toHost] = hosts(receiver.localDescription.sdp);
  await new Promise((resolve) => relay.bind(0, fromHost[0], resolve));
  let first = null;
  let firstAt = 0;
  let lateMs = 0;
  const done = new Promise((resolve) => {
    relay.on("message", (packet, from) => {
      if (from.port === toHost[1]) return relay.send(packet, fromHost[1], fromHost[0]);
      const rtp = packet.length > 12 && packet[0] >> 6 === 2 && (packet[1] < 192 || packet[1] > 223);
      if (!rtp) return relay.send(packet, toHost[1], toHost[0]);
      const seq = packet.readUInt16BE(2);
      if (first === null) {
        first = seq;
        firstAt = nowMs();
      }
      const index = (seq - first) & 0xffff;
      if (index === trace.length - 1) setTimeout(resolve, 1000);
      if (index >= trace.length || trace[index] === "lost") return;
      const at = firstAt + HOLD_MS + Number(trace[index]) / 1000;
      const pass = () => {
        lateMs = Math.max(lateMs, nowMs() - at);
        relay.send(packet, toHost[1], toHost[0]);
      };
      setTimeout(pass, Math.max(0, at - nowMs()));
    });
  });
  const candidate = `candidate:1 1 udp 2130706431 ${fromHost[0]} ${relay.address().port} typ host`;
  await sender.setRemoteDescription({ type: "answer", sdp: withoutCandidates(receiver.localDescription.sdp) });
  await sender.addIceCandidate({ candidate, sdpMid: "0", sdpMLineIndex: 0 });
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not connected: ${sender.connectionState}`)), 15000);
    sender.addEventListener("connectionstatechange", () => {
      if (sender.connectionState === "connected") {
        clearTimeout(timer);
        resolve();
      }
    });
  });
  try {
    // Before other users of the machine, with all threads; needs root.
    childProcess.execFileSync("chrt", ["-a", "-r", "-p", "5", String(process.pid)], { stdio: "ignore" });
  } catch {
    // It is done without.
  }
  await new Promise((resolve) => setTimeout(resolve, 500));

  // 10 ms at a time, which is what the library takes.
  const block = rate / 100;
  const began = nowMs();
  let fed = 0;
  const feeder = setInterval(() => {
    for (const due = (nowMs() - began) / 10; fed < due; fed += 1) {
      const samples = new Int16Array(block);
      samples.set(speech.subarray(fed * block, (fed + 1) * block));
      source.onData({ samples, sampleRate: rate, bitsPerSample: 16, channelCount: 1, numberOfFrames: block });
    }
  }, 5);
  await done;
  clearInterval(feeder);
  const stats = [...(await receiver.getStats()).values()].find((s) => s.type === "inbound-rtp") || {};
  const out = Buffer.concat(heard.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)));
  fs.writeFileSync(outFile, out);
  const { packetsReceived, packetsLost, packetsDiscarded, concealedSamples, jitterBufferDelay, jitterBufferEmittedCount } = stats;
  const delayMs = Math.round((1000 * jitterBufferDelay) / jitterBufferEmittedCount);
  console.log(JSON.stringify({ rate: heardRate, packetsReceived, packetsLost, packetsDiscarded, concealedSamples, delayMs, lateMs }));
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
