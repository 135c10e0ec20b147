import { Menu, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconBriefcase2, IconCode, IconLogout, IconMoon, IconSelector, IconSun } from "@tabler/icons-react";
import { sentenceOf } from "@/api/problem";
import type { Me } from "@/api/types";
import { initials } from "@/lib/format";
import { useSignOut } from "@/services/session";
import classes from "./profile-menu.module.css";

/** Who is signed in, with the theme, the administrator's pages and the way out. */
export function ProfileMenu({ me, compact = false }: { me: Me; compact?: boolean }) {
  return (
    <Menu position="top-start" width={230} offset={6}>
      <Menu.Target>
        <UnstyledButton className={compact ? classes.compact : classes.button}>
          <span className={classes.avatar} aria-hidden="true">
            {initials(me.user.name)}
          </span>
          {compact ? (
            <span className={classes.account}>Account</span>
          ) : (
            <>
              <span className="visually-hidden">Account</span>
              <span className={classes.names}>
                <span className={classes.name}>{me.user.name}</span>
                <span className={classes.tenant}>{me.tenant.name}</span>
              </span>
              <IconSelector size={16} className={classes.arrow} aria-hidden="true" />
            </>
          )}
        </UnstyledButton>
      </Menu.Target>
      <Items me={me} />
    </Menu>
  );
}

function Items({ me }: { me: Me }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = useSignOut();
  const dark = colorScheme !== "light";
  const leave = () =>
    signOut.mutate(undefined, {
      onError: (error) =>
        notifications.show({ color: "red", title: "Not signed out", message: sentenceOf(error) }),
    });
  return (
    <Menu.Dropdown>
      <Menu.Label>
        {me.user.email}
        {me.user.admin && <span className={classes.admin}> · platform administrator</span>}
      </Menu.Label>
      <Menu.Item
        leftSection={dark ? <IconSun size={16} /> : <IconMoon size={16} />}
        onClick={() => setColorScheme(dark ? "light" : "dark")}
      >
        {dark ? "Light theme" : "Dark theme"}
      </Menu.Item>
      <Menu.Item component="a" href="/v1/docs" target="_blank" leftSection={<IconCode size={16} />}>
        API documentation
      </Menu.Item>
      {me.user.admin && (
        <Menu.Item
          component="a"
          href="/admin/jobs/"
          target="_blank"
          leftSection={<IconBriefcase2 size={16} />}
        >
          Background jobs
        </Menu.Item>
      )}
      <Menu.Divider />
      <Menu.Item leftSection={<IconLogout size={16} />} onClick={leave}>
        Sign out
      </Menu.Item>
    </Menu.Dropdown>
  );
}
