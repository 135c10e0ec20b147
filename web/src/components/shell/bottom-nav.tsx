import { Link, useLocation } from "wouter";
import type { Me } from "@/api/types";
import classes from "./bottom-nav.module.css";
import { isAt, navItems } from "./nav-items";
import { ProfileMenu } from "./profile-menu";
import { useBadges } from "./use-badges";

/** Navigation at the bottom of phones. An open thread takes its room. */
export function BottomNav({ me }: { me: Me }) {
  const [path] = useLocation();
  const badges = useBadges();
  return (
    <nav aria-label="Main" className={classes.bar}>
      {navItems.map(({ to, label, icon: Icon }) => {
        const badge = badges[to];
        return (
          <Link
            key={to}
            href={to}
            className={classes.item}
            aria-current={isAt(path, to) ? "page" : undefined}
          >
            <span className={classes.icon}>
              <Icon size={22} stroke={1.7} aria-hidden="true" />
              {badge && (
                <span className={classes.badge}>
                  <span aria-hidden="true">{badge.count}</span>
                  <span className="visually-hidden">{badge.label}</span>
                </span>
              )}
            </span>
            <span className={classes.label}>{label}</span>
          </Link>
        );
      })}
      <ProfileMenu me={me} compact />
    </nav>
  );
}
