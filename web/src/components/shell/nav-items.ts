import { IconDeviceMobile, IconMessages, IconSparkles } from "@tabler/icons-react";

/** The places of the dashboard. */
export const navItems = [
  { to: "/conversations", label: "Conversations", icon: IconMessages },
  { to: "/seats", label: "Seats", icon: IconDeviceMobile },
  { to: "/assistant", label: "Assistant", icon: IconSparkles },
] as const;

/** Whether a path belongs to a place. */
export const isAt = (path: string, to: string): boolean => path === to || path.startsWith(`${to}/`);
