import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Frame, parseFrame } from "./frames";
import { LiveSocket, type LiveState } from "./socket";

/** A websocket whose other end the test plays. */
class FarEnd {
  static all: FarEnd[] = [];
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  constructor(readonly url: string) {
    FarEnd.all.push(this);
  }
  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  close(code = 1006): void {
    this.onclose?.({ code });
  }
}

let frames: Frame[];
let states: LiveState[];
let over: ReturnType<typeof vi.fn<() => void>>;
let live: LiveSocket;
const last = () => FarEnd.all.at(-1) as FarEnd;
const event = (seq: number) => ({ type: "event", seq, kind: "seat.removed", data: { id: "s1" } });

beforeEach(() => {
  vi.useFakeTimers();
  FarEnd.all = [];
  frames = [];
  states = [];
  over = vi.fn<() => void>();
  live = new LiveSocket({
    url: "ws://here/v1/live",
    onFrame: (frame) => frames.push(frame),
    onState: (state) => states.push(state),
    onSessionOver: over,
    connect: (url) => new FarEnd(url) as unknown as WebSocket,
    random: () => 1,
  });
  live.start();
});

afterEach(() => {
  live.stop();
  vi.useRealTimers();
});

test("goes on after the last event that it has seen, without a second hello", () => {
  last().say({ type: "hello", seq: 5 });
  last().say(event(6));
  last().close();
  expect(states).toEqual(["connecting", "live", "reconnecting"]);
  vi.advanceTimersByTime(500);
  expect(last().url).toBe("ws://here/v1/live?after=6");
  last().say({ type: "hello", seq: 8 });
  last().say(event(6));
  last().say(event(7));
  expect(frames.map((frame) => [frame.type, "seq" in frame && frame.seq])).toEqual([
    ["hello", 5],
    ["event", 6],
    ["event", 7],
  ]);
});

test("hands on what somebody does, which is no event and has no number", () => {
  const data = { conversation: "c1", doing: "typing" };
  last().say({ type: "hello", seq: 5 });
  last().say({ type: "presence", data });
  last().say({ type: "presence", data: { doing: "typing" } });
  expect(frames.slice(1)).toEqual([{ type: "presence", data }]);
  last().close();
  vi.advanceTimersByTime(500);
  expect(last().url).toContain("after=5");
});

test("waits longer each time, and begins anew after a success", () => {
  for (const wait of [500, 1000, 2000]) {
    const before = FarEnd.all.length;
    last().close();
    vi.advanceTimersByTime(wait - 1);
    expect(FarEnd.all).toHaveLength(before);
    vi.advanceTimersByTime(1);
    expect(FarEnd.all).toHaveLength(before + 1);
  }
  expect(over).toHaveBeenCalledOnce();
  last().say({ type: "hello", seq: 1 });
  last().close();
  vi.advanceTimersByTime(500);
  expect(FarEnd.all).toHaveLength(5);
});

test("takes the number of a reset", () => {
  last().say({ type: "hello", seq: 9 });
  last().say({ type: "reset", seq: 2 });
  last().close();
  vi.advanceTimersByTime(500);
  expect(last().url).toContain("after=2");
});

test("ends with the session", () => {
  last().close(4001);
  vi.advanceTimersByTime(60_000);
  expect(over).toHaveBeenCalledOnce();
  expect(states.at(-1)).toBe("ended");
  expect(FarEnd.all).toHaveLength(1);
});

test("gives a silent connection up", () => {
  last().say({ type: "hello", seq: 1 });
  last().close();
  vi.advanceTimersByTime(500);
  expect(states.at(-1)).toBe("reconnecting");
  vi.advanceTimersByTime(10_000 + 1000);
  expect(FarEnd.all.length).toBeGreaterThan(2);
});

test.each([
  "",
  "{}",
  "[1]",
  '{"type":"event","seq":"1"}',
  '{"type":"event","seq":1}',
  '{"type":"x","seq":1}',
  "null",
])("%s is no frame", (text) => {
  expect(parseFrame(text)).toBeNull();
});

test("an event of an unknown kind still counts", () => {
  expect(parseFrame('{"type":"event","seq":3,"kind":"call.ringing","data":{}}')).toEqual({
    type: "event",
    seq: 3,
    event: null,
  });
  expect(parseFrame('{"type":"event","seq":3,"kind":"message.created","data":{}}')).toMatchObject({
    event: null,
  });
});
