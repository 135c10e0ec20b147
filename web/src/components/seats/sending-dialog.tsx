import { NumberInput, SimpleGrid, Skeleton, Switch, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Seat, Sending, SendingSettings } from "@/api/types";
import { DialogForm } from "@/components/common/dialog-form";
import { ProblemNotice } from "@/components/common/problem-notice";
import { sendingQuery, useSetSending } from "@/services/seats";
import { SeatDialog } from "./seat-dialog";
import classes from "./sending-dialog.module.css";

/** How fast a seat sends, and what it has sent lately. */
export function SendingDialog({ seat, onClose }: { seat: Seat | undefined; onClose: () => void }) {
  return (
    <SeatDialog seat={seat} onClose={onClose} title="Sending from" size="lg">
      {(seat) => <Content seat={seat.id} onClose={onClose} />}
    </SeatDialog>
  );
}

function Content({ seat, onClose }: { seat: string; onClose: () => void }) {
  const sending = useQuery(sendingQuery(seat));
  if (sending.data) return <Form seat={seat} sending={sending.data} onClose={onClose} />;
  if (sending.isError) return <ProblemNotice error={sending.error} onRetry={() => void sending.refetch()} />;
  return <Skeleton height={360} radius={12} aria-busy="true" />;
}

type Limit = Exclude<keyof SendingSettings, "typing" | "$schema">;

/** The settings while somebody types: a field may be empty, which the form doesn't submit. */
type Draft = Omit<SendingSettings, Limit> & Record<Limit, number | string>;

const limits: { name: Limit; label: string; description: string; max: number }[] = [
  { name: "per_minute", label: "A minute", description: "On average", max: 600 },
  { name: "burst", label: "In a row", description: "After a pause", max: 600 },
  { name: "per_hour", label: "An hour", description: "At most", max: 20_000 },
  { name: "per_day", label: "24 hours", description: "At most", max: 200_000 },
  {
    name: "strangers_per_hour",
    label: "Strangers, an hour",
    description: "Who never wrote to you",
    max: 20_000,
  },
  {
    name: "strangers_per_day",
    label: "Strangers, 24 hours",
    description: "Who never wrote to you",
    max: 200_000,
  },
];

/** Which limit of an hour is higher than that of the day, which it would never reach. */
function excess(settings: Draft): Partial<Record<Limit, string>> {
  const sentence = "More than in 24 hours";
  return {
    per_hour: Number(settings.per_hour) > Number(settings.per_day) ? sentence : undefined,
    strangers_per_hour:
      Number(settings.strangers_per_hour) > Number(settings.strangers_per_day) ? sentence : undefined,
  };
}

function Form({ seat, sending, onClose }: { seat: string; sending: Sending; onClose: () => void }) {
  const [settings, setSettings] = useState<Draft>(sending.settings);
  const save = useSetSending();
  const set = <K extends keyof Draft>(name: K, value: Draft[K]) =>
    setSettings((before) => ({ ...before, [name]: value }));
  const wrong = excess(settings);
  return (
    <DialogForm
      ready={!wrong.per_hour && !wrong.strangers_per_hour}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate({ seat, settings: settings as SendingSettings }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <Usage sending={sending} />
      <Text size="sm" c="dimmed">
        WhatsApp restricts numbers that write too much to people who didn't ask. The limits hold for
        everything but replies to leads who wrote within a day: those are never held up.
      </Text>
      <SimpleGrid cols={2} spacing="sm">
        {limits.map(({ name, label, description, max }) => (
          <NumberInput
            key={name}
            label={label}
            description={description}
            value={settings[name]}
            min={1}
            max={max}
            allowDecimal={false}
            required
            error={wrong[name]}
            onChange={(value) => set(name, value)}
          />
        ))}
      </SimpleGrid>
      <Switch
        label="Show “typing…” before what the AI writes"
        description="It takes as long as a person would need. What you write yourself goes at once."
        checked={settings.typing}
        onChange={(event) => set("typing", event.currentTarget.checked)}
      />
      {settings.typing && (
        <SimpleGrid cols={2} spacing="sm">
          <NumberInput
            label="Characters a second"
            value={settings.typing_speed}
            min={1}
            max={1000}
            allowDecimal={false}
            required
            onChange={(value) => set("typing_speed", value)}
          />
          <NumberInput
            label="Seconds at most"
            value={settings.typing_longest}
            min={0}
            max={30}
            allowDecimal={false}
            required
            onChange={(value) => set("typing_longest", value)}
          />
        </SimpleGrid>
      )}
    </DialogForm>
  );
}

function Usage({ sending }: { sending: Sending }) {
  const { hour, day, settings } = sending;
  const first = (counts: Sending["hour"]) => counts.sent - counts.replies;
  return (
    <dl className={classes.usage}>
      <Fact
        name="Last hour"
        value={`${first(hour)} of ${settings.per_hour}`}
        more={`${hour.replies} replies`}
      />
      <Fact name="24 hours" value={`${first(day)} of ${settings.per_day}`} more={`${day.replies} replies`} />
      <Fact
        name="Strangers, 24 hours"
        value={`${day.strangers} of ${settings.strangers_per_day}`}
        more={`${hour.strangers} in the last hour`}
      />
      <Fact name="Waiting" value={String(sending.queued)} more={`${sending.scheduled} scheduled`} />
    </dl>
  );
}

function Fact({ name, value, more }: { name: string; value: string; more: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
      <dd className={classes.more}>{more}</dd>
    </div>
  );
}
