import { IconUser } from "@tabler/icons-react";
import { initials } from "@/lib/format";
import classes from "./avatar.module.css";

/** A person's initials on a colour of their own. */
export function Avatar({ id, name, size = 44 }: { id: string; name?: string; size?: number }) {
  let hash = 0;
  for (const letter of id) hash = (hash * 31 + letter.charCodeAt(0)) % 100_003;
  const style = { width: size, height: size, fontSize: size * 0.36, "--hue": Math.round(hash * 137.5) % 360 };
  return (
    <span className={classes.avatar} style={style} aria-hidden="true">
      {name?.trim() ? initials(name) : <IconUser size={size * 0.5} stroke={1.7} />}
    </span>
  );
}
