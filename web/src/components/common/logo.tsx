import classes from "./logo.module.css";

/** The mark: a bud with two leaves. */
export function Mark({ size = 30 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className={classes.mark}>
      <rect width="32" height="32" rx="9.5" fill="#1f7a52" />
      <path d="M16 25.5V15" stroke="#eafff3" strokeWidth="2.2" strokeLinecap="round" />
      <path d="M16 17.5C10.6 17.8 7.3 14.3 7 8.6c5.8.1 9.1 3.3 9 8.9Z" fill="#eafff3" />
      <path d="M16 21c-.1-4.4 2.7-7.2 8.4-7.3.2 4.9-3 7.6-8.4 7.3Z" fill="#8fe0b5" />
    </svg>
  );
}

/** The mark with the name. */
export function Logo({ size = 30 }: { size?: number }) {
  return (
    <span className={classes.logo}>
      <Mark size={size} />
      <span className={classes.name}>Aibud</span>
    </span>
  );
}
