import { useEffect, useRef, useState } from "react";
import classes from "./countdown-ring.module.css";

const radius = 15;
const around = 2 * Math.PI * radius;

/** The seconds left until a time, never below zero. */
export function secondsLeft(until: string, now: number): number {
  return Math.max(0, Math.ceil((new Date(until).getTime() - now) / 1000));
}

/** A ring that empties until the code expires. It starts full whenever the time changes. */
export function CountdownRing({ until }: { until: string }) {
  const [left, setLeft] = useState(() => secondsLeft(until, Date.now()));
  const whole = useRef(1);

  useEffect(() => {
    whole.current = Math.max(1, secondsLeft(until, Date.now()));
    const tick = () => setLeft(secondsLeft(until, Date.now()));
    tick();
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [until]);

  const label = left > 0 ? `A new code follows in ${left} s` : "A new code follows";
  return (
    <div className={classes.countdown} role="timer" aria-label={label}>
      <svg width="36" height="36" viewBox="0 0 36 36" aria-hidden="true">
        <circle className={classes.track} cx="18" cy="18" r={radius} />
        <circle
          className={classes.left}
          cx="18"
          cy="18"
          r={radius}
          strokeDasharray={around}
          strokeDashoffset={around * (1 - Math.min(1, left / whole.current))}
        />
        <text x="18" y="22" textAnchor="middle" className={classes.number}>
          {left}
        </text>
      </svg>
      <span aria-hidden="true">{label}</span>
    </div>
  );
}
