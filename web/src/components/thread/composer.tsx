import { ActionIcon } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconCalendarClock, IconMicrophone, IconPaperclip, IconSend2 } from "@tabler/icons-react";
import {
  type ClipboardEvent,
  type DragEvent,
  type KeyboardEvent,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { loadDraft, saveDraft } from "@/lib/drafts";
import { useOwnState } from "@/services/presence";
import { Attachment } from "./attachment";
import attachments from "./attachment.module.css";
import classes from "./composer.module.css";
import { useRecorder } from "./use-recorder";
import { VoiceRecorder } from "./voice-recorder";

/** WhatsApp's own limit, in characters. */
const longest = 65_536;
/** How many files are chosen at a time. */
const mostFiles = 30;
/** How long after the last key somebody is not typing any more. */
const typingPause = 5000;
const keysNote = "Enter sends, Shift+Enter makes a new line.";

interface Props {
  conversation: string;
  /** Something to know before sending, such as that the seat is offline. */
  hint?: string;
  /** Whether the lead can be shown that somebody types. */
  showsTyping?: boolean;
  /** Whether the AI would answer: then writing oneself pauses it. */
  aiAnswers: boolean;
  onSend: (text: string, file?: File, kind?: "voice") => void;
  /** Asks for a time to send at; taken is called with how many of the messages are on the server then. */
  onSendLater?: (text: string, files: File[], taken: (messages: number) => void) => void;
}

/** Where the agent writes. Enter sends, Shift+Enter breaks the line; what is unsent is kept by conversation. */
export function Composer({ conversation, hint, showsTyping = false, aiAnswers, onSend, onSendLater }: Props) {
  const [text, setText] = useState(() => loadDraft(conversation));
  const [files, setFiles] = useState<File[]>([]);
  const voice = useRecorder();
  const [typing, setTyping] = useState(false);
  const pause = useDebouncedCallback(() => setTyping(false), typingPause);
  useOwnState(conversation, voice.shown ? "recording" : typing ? "typing" : "idle", showsTyping);
  const [dragging, setDragging] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [text]);

  const length = [...text].length;
  const empty = text.trim() === "" && files.length === 0;
  const ready = (text.trim() !== "" || files.length > 0) && length <= longest;
  const attach = (more: FileList | null) => {
    if (more?.length) setFiles((chosen) => [...chosen, ...more].slice(0, mostFiles));
    field.current?.focus();
  };
  const change = (value: string) => {
    setText(value);
    saveDraft(conversation, value);
  };
  const send = () => {
    if (!ready) return;
    const [first, ...others] = files;
    if (first) onSend(text.trim(), first);
    else onSend(text.trim());
    for (const file of others) onSend("", file);
    setFiles([]);
    setTyping(false);
    change("");
    field.current?.focus();
  };
  const taken = (messages: number) => {
    if (messages === 0) return;
    setFiles((chosen) => chosen.slice(messages));
    change("");
  };
  const sendVoice = async () => {
    const recorded = await voice.finish();
    if (recorded) onSend("", recorded.file, "voice");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const onPaste = (event: ClipboardEvent) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    attach(event.clipboardData.files);
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setDragging(false);
    attach(event.dataTransfer.files);
  };
  const problem = text === "" ? voice.problem : undefined;
  const note = problem ?? noteFor({ length, hint, aiAnswers, writing: text.trim() !== "" });
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping files is a shortcut for the button
    <div
      className={classes.composer}
      data-dragging={dragging || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setDragging(event.dataTransfer.types.includes("Files"));
      }}
      onDragLeave={() => setDragging(false)}
      onDrop={onDrop}
    >
      {files.length > 0 && (
        <ul className={attachments.list} aria-label="Files to send">
          {files.map((file, i) => (
            <Attachment
              key={`${file.name} ${file.size} ${file.lastModified}`}
              file={file}
              onRemove={() => setFiles(files.filter((_, at) => at !== i))}
            />
          ))}
        </ul>
      )}
      {voice.shown && (
        <VoiceRecorder shown={voice.shown} onCancel={voice.cancel} onSend={() => void sendVoice()} />
      )}
      <div className={classes.field} hidden={voice.shown !== undefined}>
        <ActionIcon
          size={38}
          radius={12}
          variant="subtle"
          color="gray"
          onClick={() => picker.current?.click()}
          aria-label="Attach files"
        >
          <IconPaperclip size={19} />
        </ActionIcon>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          data-testid="files"
          onChange={(event) => {
            attach(event.currentTarget.files);
            event.currentTarget.value = "";
          }}
        />
        <textarea
          ref={field}
          className={classes.input}
          rows={1}
          value={text}
          placeholder={files.length > 0 ? "Add a caption" : "Write a message"}
          aria-label="Message"
          aria-describedby="composer-note"
          aria-invalid={length > longest || undefined}
          onChange={(event) => {
            change(event.currentTarget.value);
            setTyping(event.currentTarget.value.trim() !== "");
            pause();
          }}
          onBlur={() => setTyping(false)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        {empty && (
          <ActionIcon
            size={38}
            radius={12}
            variant="subtle"
            color="gray"
            onClick={() => void voice.start()}
            aria-label="Record a voice message"
            title="Record a voice message"
          >
            <IconMicrophone size={19} />
          </ActionIcon>
        )}
        {onSendLater && !empty && (
          <ActionIcon
            size={38}
            radius={12}
            variant="subtle"
            color="gray"
            disabled={!ready}
            onClick={() => onSendLater(text.trim(), files, taken)}
            aria-label="Send later"
            title="Send later"
          >
            <IconCalendarClock size={19} />
          </ActionIcon>
        )}
        <ActionIcon size={38} radius={12} variant="filled" disabled={!ready} onClick={send} aria-label="Send">
          <IconSend2 size={19} />
        </ActionIcon>
      </div>
      <p
        id="composer-note"
        className={classes.note}
        data-bad={length > longest || problem !== undefined || undefined}
        role={problem ? "alert" : undefined}
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
