import { ActionIcon, Switch } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconArrowLeft } from "@tabler/icons-react";
import { Link } from "wouter";
import { sentenceOf } from "@/api/problem";
import type { Conversation, Seat } from "@/api/types";
import { Avatar } from "@/components/common/avatar";
import type { AssistantState } from "@/lib/assistant-state";
import { conversationName, count } from "@/lib/format";
import { phoneNumber } from "@/lib/phone";
import { presenceLabel } from "@/lib/presence";
import { useNow } from "@/lib/use-now";
import { useSwitchAssistant } from "@/services/conversations";
import { usePresence, useWatchedPresence } from "@/services/presence";
import classes from "./thread-header.module.css";

const rooms: Record<Exclude<Conversation["type"], "direct">, string> = {
  group: "Group",
  channel: "Channel",
  status: "Status updates",
  broadcast: "Broadcast list",
};

interface Props {
  conversation: Conversation;
  seat: Seat | undefined;
  state: AssistantState;
  back: string;
}

/** Who the conversation is with, on which seat, and the switch of the AI. */
export function ThreadHeader({ conversation, seat, state, back }: Props) {
  const { contact } = conversation;
  const details = [
    conversation.type === "direct"
      ? contact.name && (phoneNumber(contact.phone) || "number hidden by WhatsApp")
      : rooms[conversation.type],
    conversation.room?.members ? count(conversation.room.members, "member") : "",
    conversation.room?.followers ? count(conversation.room.followers, "follower") : "",
    seat?.name,
  ].filter(Boolean);
  useWatchedPresence(conversation);
  const shown = presenceLabel(usePresence(conversation.id), useNow(30_000));
  return (
    <header className={classes.head}>
      <ActionIcon
        component={Link}
        href={back}
        variant="subtle"
        color="gray"
        size={40}
        className={classes.back}
        aria-label="Back to the conversations"
      >
        <IconArrowLeft size={22} />
      </ActionIcon>
      <Avatar id={contact.phone || contact.id} name={contact.name} size={40} />
      <div className={classes.names}>
        <h2 className={classes.name}>{conversationName(conversation)}</h2>
        <p className={classes.details}>
          {shown && (
            <span className={classes.presence} data-active={shown.active || undefined}>
              {shown.text}
            </span>
          )}
          <span className={classes.rest}>
            {shown && details.length > 0 && " · "}
            {details.join(" · ")}
          </span>
        </p>
      </div>
      {conversation.type === "direct" && <AssistantSwitch conversation={conversation} state={state} />}
    </header>
  );
}

function AssistantSwitch({ conversation, state }: { conversation: Conversation; state: AssistantState }) {
  const change = useSwitchAssistant();
  // On means that it answers now: paused or waiting for a person it does not, and switching on lets it go on.
  const answers = state.kind === "on" || state.kind === "writing";
  const on = change.isPending ? change.variables.enabled : answers;
  const flip = (on: boolean) =>
    change.mutate(
      { conversation: conversation.id, enabled: on },
      {
        onError: (error) =>
          notifications.show({ color: "red", title: "Not changed", message: sentenceOf(error) }),
      },
    );
  return (
    <div className={classes.ai}>
      <span className={classes.state} data-kind={state.kind} aria-live="polite">
        {state.kind === "paused" ? "AI paused" : state.label}
      </span>
      <Switch
        checked={on}
        disabled={state.kind === "unavailable"}
        onChange={(event) => flip(event.currentTarget.checked)}
        aria-label="The AI answers in this conversation"
        title={
          state.kind === "unavailable"
            ? "The server has no Gemini key, so the AI is off everywhere."
            : undefined
        }
      />
    </div>
  );
}
