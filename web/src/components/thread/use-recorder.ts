import { useCallback, useEffect, useRef, useState } from "react";
import { cannotRecord, microphoneProblem, type Recorded, Recording } from "@/lib/recording";

/** Shorter ones are taken for a slip of the finger, in seconds. */
const shortest = 0.7;

export interface Recorder {
  /** What is recorded now: absent if nothing is, empty until the microphone is there. */
  shown: { seconds: number; levels: number[] } | undefined;
  /** Why nothing was recorded. */
  problem: string | undefined;
  start: () => Promise<void>;
  cancel: () => void;
  finish: () => Promise<Recorded | undefined>;
}

/** Recording a voice message. Leaving the page's part that has it cancels it. */
export function useRecorder(): Recorder {
  const [shown, setShown] = useState<Recorder["shown"]>();
  const [problem, setProblem] = useState<string>();
  const recording = useRef<Recording | null>(null);
  const attempt = useRef(0);

  const cancel = useCallback(() => {
    attempt.current++;
    recording.current?.end();
    recording.current = null;
    setShown(undefined);
  }, []);
  useEffect(() => cancel, [cancel]);

  const start = async () => {
    cancel();
    const mine = attempt.current;
    const impossible = cannotRecord();
    setProblem(impossible);
    if (impossible) return;
    setShown({ seconds: 0, levels: [] });
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      if (mine !== attempt.current) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      const made = new Recording(stream, () => setShown({ seconds: made.seconds, levels: [...made.levels] }));
      recording.current = made;
    } catch (error) {
      if (mine !== attempt.current) return;
      cancel();
      setProblem(microphoneProblem(error));
    }
  };
  const finish = async () => {
    const made = recording.current;
    recording.current = null;
    attempt.current++;
    const recorded = await made?.finish();
    setShown(undefined);
    if (!recorded || recorded.seconds >= shortest) return recorded;
    setProblem("That was too short to be sent.");
    return undefined;
  };
  return { shown, problem, start, cancel, finish };
}
