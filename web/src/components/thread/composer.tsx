import { ActionIcon } from "@mantine/core";
import { IconSend2 } from "@tabler/icons-react";
import { type KeyboardEvent, useLayoutEffect, useRef, useState } from "react";
import { loadDraft, saveDraft } from "@/lib/drafts";
import classes from "./composer.module.css";

/** WhatsApp's own limit, in characters. */
const longest = 65_536;
const keysNote = "Enter sends, Shift+Enter makes a new line.";

interface Props {
  conversation: string;
  /** Something to know before sending, such as that the seat is offline. */
  hint?: string;
  /** Whether the AI would answer: then writing oneself pauses it. */
  aiAnswers: boolean;
  onSend: (text: string) => void;
}

/** Where the agent writes. Enter sends, Shift+Enter breaks the line; what is unsent is kept by conversation. */
export function Composer({ conversation, hint, aiAnswers, onSend }: Props) {
  const [text, setText] = useState(() => loadDraft(conversation));
  const field = useRef<HTMLTextAreaElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [text]);

  const length = [...text].length;
  const ready = text.trim() !== "" && length <= longest;
  const change = (value: string) => {
    setText(value);
    saveDraft(conversation, value);
  };
  const send = () => {
    if (!ready) return;
    onSend(text.trim());
    change("");
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const note = noteFor({ length, hint, aiAnswers, writing: text.trim() !== "" });
  return (
    <div className={classes.composer}>
      <div className={classes.field}>
        <textarea
          ref={field}
          className={classes.input}
          rows={1}
          value={text}
          placeholder="Write a message"
          aria-label="Message"
          aria-describedby="composer-note"
          aria-invalid={length > longest || undefined}
          onChange={(event) => change(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <ActionIcon size={38} radius={12} variant="filled" disabled={!ready} onClick={send} aria-label="Send">
          <IconSend2 size={19} />
        </ActionIcon>
      </div>
      <p
        id="composer-note"
        className={classes.note}
        data-bad={length > longest || undefined}
        data-keys={note === keysNote || undefined}
      >
        {note}
      </p>
    </div>
  );
}

function noteFor(now: { length: number; hint?: string; aiAnswers: boolean; writing: boolean }): string {
  if (now.length > longest)
    return `${now.length - longest} characters too long: WhatsApp takes at most 65,536.`;
  if (now.length > longest - 2000) return `${longest - now.length} characters left.`;
  if (now.hint) return now.hint;
  if (now.aiAnswers && now.writing) return "When you send this, the AI pauses in this conversation.";
  return keysNote;
}
