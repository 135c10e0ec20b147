import { ActionIcon } from "@mantine/core";
import { IconPlayerPauseFilled, IconPlayerPlayFilled } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import type { Media } from "@/api/types";
import { playTime } from "@/lib/format";
import { useMediaLink } from "@/services/media-links";
import classes from "./media-content.module.css";
import { usePlayback } from "./use-playback";

/** A voice note: its waveform, in which one can jump, and its length. */
export function VoicePlayer({ media }: { media: Media }) {
  const playback = usePlayback<HTMLAudioElement>(useMediaLink(media));
  const audio = playback.ref;
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(media.seconds ?? 0);
  const bars = useMemo(() => barsOf(media.waveform), [media.waveform]);
  const toggle = () => {
    if (!audio.current) return;
    if (playing) audio.current.pause();
    else void audio.current.play().catch(() => setPlaying(false));
  };
  const seek = (to: number) => {
    if (audio.current && length > 0) audio.current.currentTime = to;
    setAt(to);
  };
  return (
    <div className={classes.voice}>
      <audio
        {...playback}
        preload="none"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => setAt(0)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onDurationChange={(event) => {
          const { duration } = event.currentTarget;
          if (Number.isFinite(duration)) setLength(duration);
        }}
      />
      <ActionIcon
        radius="xl"
        size={38}
        variant="filled"
        onClick={toggle}
        aria-label={playing ? "Pause" : "Play the voice message"}
      >
        {playing ? <IconPlayerPauseFilled size={18} /> : <IconPlayerPlayFilled size={18} />}
      </ActionIcon>
      <div className={classes.wave}>
        <svg viewBox={`0 0 ${bars.length * 4} 32`} preserveAspectRatio="none" aria-hidden="true">
          {bars.map(({ key, level }, i) => (
            <rect
              key={key}
              x={i * 4}
              y={16 - (2 + level * 14)}
              width={2.4}
              height={2 * (2 + level * 14)}
              rx={1.2}
              data-played={length > 0 && i / bars.length < at / length ? true : undefined}
            />
          ))}
        </svg>
        <input
          type="range"
          min={0}
          max={Math.max(length, 1)}
          step={0.1}
          value={at}
          onChange={(event) => seek(Number(event.currentTarget.value))}
          aria-label="Position"
        />
      </div>
      <span className={classes.time}>{playTime(playing || at > 0 ? at : length)}</span>
    </div>
  );
}

/** Levels from 0 to 1; an even line if there is no waveform. */
function barsOf(waveform: string | undefined): { key: string; level: number }[] {
  let values: number[] = [];
  try {
    values = [...atob(waveform ?? "")].map((c) => Math.min(c.charCodeAt(0), 100) / 100);
  } catch {
    // not base64: an even line
  }
  if (values.length === 0) values = Array.from({ length: 48 }, () => 0.15);
  return values.map((level, i) => ({ key: `${i}`, level }));
}
