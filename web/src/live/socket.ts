import { backoff } from "@/lib/backoff";
import { type Frame, parseFrame } from "./frames";

/** How the live connection is: connecting at first, then live, or reconnecting after a loss; ended when signed out. */
export type LiveState = "connecting" | "live" | "reconnecting" | "ended";

/** The close code with which the server says that the session is over. */
const sessionOver = 4001;
/** Without a word for this long after opening, the connection is given up. */
const helloWithin = 10_000;

interface Options {
  /** The websocket's address without a query. */
  url: string;
  onFrame: (frame: Frame) => void;
  onState: (state: LiveState) => void;
  /** Called when the server refuses the session or closes it. */
  onSessionOver: () => void;
  connect?: (url: string) => WebSocket;
  random?: () => number;
}

/**
 * The one websocket to the server. It connects again for ever, waiting longer
 * each time, and asks for everything after the last event that it has seen.
 */
export class LiveSocket {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private seen: number | null = null;
  private stopped = false;

  constructor(private readonly options: Options) {}

  start(): void {
    this.options.onState("connecting");
    window.addEventListener("online", this.hurry);
    document.addEventListener("visibilitychange", this.hurry);
    this.open();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    window.removeEventListener("online", this.hurry);
    document.removeEventListener("visibilitychange", this.hurry);
    this.socket?.close(1000);
    this.socket = null;
  }

  private open(): void {
    const query = this.seen === null ? "" : `?after=${this.seen}`;
    const socket = (this.options.connect ?? ((url) => new WebSocket(url)))(this.options.url + query);
    this.socket = socket;
    socket.onmessage = (message: MessageEvent<unknown>) => this.receive(socket, message.data);
    socket.onclose = (event) => this.closed(socket, event.code);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => socket.close(), helloWithin);
  }

  private receive(socket: WebSocket, data: unknown): void {
    if (socket !== this.socket || typeof data !== "string") return;
    const frame = parseFrame(data);
    if (!frame) return;
    if (frame.type === "presence") {
      this.options.onFrame(frame);
      return;
    }
    if (frame.type === "hello") {
      clearTimeout(this.timer);
      this.attempt = 0;
      this.options.onState("live");
      // Events that were missed follow by themselves if we asked for them.
      if (this.seen === null) this.options.onFrame(frame);
      this.seen ??= frame.seq;
      return;
    }
    if (frame.type === "event" && this.seen !== null && frame.seq <= this.seen) return;
    this.seen = frame.seq;
    this.options.onFrame(frame);
  }

  private closed(socket: WebSocket, code: number): void {
    if (socket !== this.socket || this.stopped) return;
    this.socket = null;
    clearTimeout(this.timer);
    if (code === sessionOver) {
      this.stop();
      this.options.onState("ended");
      this.options.onSessionOver();
      return;
    }
    this.options.onState("reconnecting");
    // A refused session looks like any other failed connect from here; asking
    // the API now and then tells.
    if (this.attempt % 3 === 2) this.options.onSessionOver();
    this.timer = setTimeout(() => this.open(), backoff(this.attempt++, this.options.random));
  }

  /** Doesn't wait any longer when the machine is back or the page is looked at. */
  private readonly hurry = (): void => {
    if (this.stopped || this.socket || document.visibilityState === "hidden") return;
    clearTimeout(this.timer);
    this.open();
  };
}
