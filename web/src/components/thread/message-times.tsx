import { Popover, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import type { Message } from "@/api/types";
import { fullTime } from "@/lib/format";
import classes from "./message-times.module.css";
import { Ticks } from "./ticks";

const steps = [
  ["queued_at", "Written"],
  ["sent_at", "Sent"],
  ["delivered_at", "Delivered"],
  ["read_at", "Read"],
  ["played_at", "Played"],
] as const;

/** The ticks of an outgoing message; pointing at them or tapping them tells when each step was. */
export function MessageTimes({ message }: { message: Message }) {
  const [opened, setOpened] = useState(false);
  const known = steps.flatMap(([key, name]) => {
    const at = message.times?.[key];
    return at ? [{ name, at }] : [];
  });
  const planned = message.delivery === "scheduled" ? message.send_at : undefined;
  if (known.length === 0 && !planned) return <Ticks delivery={message.delivery} />;
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="top-end"
      shadow="md"
      withinPortal
      trapFocus={false}
    >
      <Popover.Target>
        <UnstyledButton
          className={classes.ticks}
          aria-label="When it was sent and read"
          onClick={() => setOpened((before) => !before)}
          onMouseEnter={() => setOpened(true)}
          onMouseLeave={() => setOpened(false)}
          onBlur={() => setOpened(false)}
        >
          <Ticks delivery={message.delivery} />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown className={classes.times}>
        <dl>
          {planned && <Step name="To be sent" at={planned} />}
          {known.map((step) => (
            <Step key={step.name} {...step} />
          ))}
        </dl>
      </Popover.Dropdown>
    </Popover>
  );
}

function Step({ name, at }: { name: string; at: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <time dateTime={at}>{fullTime(at)}</time>
      </dd>
    </div>
  );
}
