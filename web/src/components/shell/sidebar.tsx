import { Link, useLocation } from "wouter";
import type { Me } from "@/api/types";
import { Logo, Mark } from "@/components/common/logo";
import { LiveIndicator } from "./live-indicator";
import { isAt, navItems } from "./nav-items";
import { ProfileMenu } from "./profile-menu";
import classes from "./sidebar.module.css";
import { useBadges } from "./use-badges";

/** Navigation at the left of wide screens; icons alone on middling ones. */
export function Sidebar({ me }: { me: Me }) {
  const [path] = useLocation();
  const badges = useBadges();
  return (
    <aside className={classes.sidebar}>
      <Link href="/conversations" className={classes.home} aria-label="Aibud, to the conversations">
        <span className={classes.full}>
          <Logo />
        </span>
        <span className={classes.small}>
          <Mark />
        </span>
      </Link>
      <nav aria-label="Main" className={classes.nav}>
        {navItems.map(({ to, label, icon: Icon }) => {
          const badge = badges[to];
          return (
            <Link
              key={to}
              href={to}
              className={classes.item}
              aria-current={isAt(path, to) ? "page" : undefined}
            >
              <Icon size={20} stroke={1.7} aria-hidden="true" />
              <span className={classes.label}>{label}</span>
              {badge && (
                <span className={classes.badge} title={badge.label}>
                  <span aria-hidden="true">{badge.count}</span>
                  <span className="visually-hidden">{badge.label}</span>
                </span>
              )}
            </Link>
          );
        })}
      </nav>
      <div className={classes.foot}>
        <LiveIndicator />
        <ProfileMenu me={me} />
      </div>
    </aside>
  );
}
