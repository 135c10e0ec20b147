/** A voice message that was recorded. */
export interface Recorded {
  file: File;
  seconds: number;
}

/** What browsers record, the one that WhatsApp takes as it is first. */
const formats = [
  { type: "audio/ogg;codecs=opus", ending: "ogg" },
  { type: "audio/webm;codecs=opus", ending: "webm" },
  { type: "audio/mp4", ending: "m4a" },
];

/** What keeps this browser from recording at all, as a sentence, if anything does. */
export function cannotRecord(): string | undefined {
  if (!window.isSecureContext)
    return "Browsers let a page use the microphone over https only. Open Aibud by its https address.";
  if (typeof MediaRecorder === "undefined" || !navigator.mediaDevices?.getUserMedia)
    return "This browser can't record. Use a newer one, or attach a recording.";
  return undefined;
}

/** Why the microphone can't be used, as a sentence. */
export function microphoneProblem(error: unknown): string {
  switch (error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
      return "The browser doesn't let this page use the microphone. Allow it beside the address, then try again.";
    case "NotFoundError":
      return "There is no microphone. Connect one, then try again.";
    case "NotReadableError":
      return "Another program uses the microphone. End its call or recording, then try again.";
    default:
      return "The microphone can't be used. Check it, then try again.";
  }
}

/** Records from the microphone until it is finished or cancelled. */
export class Recording {
  /** How loud each moment was, from 0 to 1. */
  readonly levels: number[] = [];
  private readonly recorder: MediaRecorder;
  private readonly chunks: Blob[] = [];
  private readonly context = new AudioContext();
  private readonly began = performance.now();
  private readonly ticking: number;
  private readonly ended: Promise<void>;

  /** onTick is called ten times a second. */
  constructor(
    private readonly stream: MediaStream,
    onTick: () => void,
  ) {
    const format = formats.find(({ type }) => MediaRecorder.isTypeSupported(type));
    this.recorder = new MediaRecorder(stream, { mimeType: format?.type, audioBitsPerSecond: 48_000 });
    this.recorder.ondataavailable = ({ data }) => this.chunks.push(data);
    this.ended = new Promise((resolve) => {
      this.recorder.onstop = () => resolve();
    });
    const analyser = this.context.createAnalyser();
    this.context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.ticking = window.setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      this.levels.push(Math.min(1, Math.sqrt(power) * 4)); // speech is far from as loud as can be
      onTick();
    }, 100);
    this.recorder.start();
  }

  get seconds(): number {
    return (performance.now() - this.began) / 1000;
  }

  /** Ends it and returns what was recorded. */
  async finish(): Promise<Recorded> {
    const { seconds } = this;
    this.end();
    await this.ended;
    const type = this.recorder.mimeType;
    const ending =
      formats.find((format) => format.type.split(";")[0] === type.split(";")[0])?.ending ?? "bin";
    return { file: new File(this.chunks, `Voice message.${ending}`, { type }), seconds };
  }

  /** Ends it and lets go of the microphone. */
  end(): void {
    window.clearInterval(this.ticking);
    if (this.recorder.state !== "inactive") this.recorder.stop();
    for (const track of this.stream.getTracks()) track.stop();
    if (this.context.state !== "closed") void this.context.close();
  }
}
