import { Button, Modal, RingProgress } from "@mantine/core";
import { IconClock, IconDownload, IconEyeOff, IconFile, IconFileOff, IconZoomIn } from "@tabler/icons-react";
import { useState } from "react";
import type { Media, Message } from "@/api/types";
import { fileSize } from "@/lib/format";
import { kindName } from "@/lib/message-kind";
import { useDownload } from "@/services/media";
import { useMediaLink } from "@/services/media-links";
import classes from "./media-content.module.css";
import { SaveLink } from "./save-link";
import { usePlayback } from "./use-playback";
import { VoicePlayer } from "./voice-player";

interface Props {
  message: Message;
  media: Media;
}

/** The file of a message: what it shows, or why there is nothing to show. */
export function MediaContent({ message, media }: Props) {
  if (media.state !== "stored") return <Absent message={message} media={media} />;
  switch (message.kind) {
    case "image":
      return <Picture media={media} label={message.text || "Photo"} />;
    case "sticker":
      return <Sticker media={media} />;
    case "video":
      return <Video media={media} />;
    case "voice":
      return <VoicePlayer media={media} />;
    case "audio":
      return <Audio media={media} />;
    default:
      return <Document media={media} />;
  }
}

/** Room for a picture before it is loaded, so that nothing jumps. In pixels, by which its bubble takes its width. */
function shape(media: Media): { aspectRatio: string; width: string } {
  const width = media.width || 4;
  const height = media.height || 3;
  const ratio = Math.min(Math.max(width / height, 0.6), 2.4);
  return { aspectRatio: String(ratio), width: `${Math.round(ratio >= 1 ? 320 : 320 * ratio)}px` };
}

function Sticker({ media }: { media: Media }) {
  const link = useMediaLink(media);
  return <img className={classes.sticker} src={link.url} alt="Sticker" loading="lazy" onError={link.renew} />;
}

function Audio({ media }: { media: Media }) {
  const link = useMediaLink(media);
  const playback = usePlayback<HTMLAudioElement>(link);
  return <audio className={classes.audio} controls preload="none" {...playback} />;
}

function Picture({ media, label }: { media: Media; label: string }) {
  const [open, setOpen] = useState(false);
  const link = useMediaLink(media);
  return (
    <>
      <button
        type="button"
        className={classes.picture}
        style={shape(media)}
        onClick={() => setOpen(true)}
        aria-label={`Enlarge: ${label}`}
      >
        <img
          src={media.thumbnail ? link.thumbnail : link.url}
          alt={label}
          loading="lazy"
          onError={link.renew}
        />
        <IconZoomIn className={classes.zoom} size={18} aria-hidden="true" />
      </button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        fullScreen
        title={media.name || label}
        classNames={{ body: classes.lightbox ?? "", content: classes.dark ?? "", header: classes.dark ?? "" }}
      >
        <img src={link.url} alt={label} onError={link.renew} />
        <SaveLink className={classes.save} media={media} name={media.name || "photo"}>
          <IconDownload size={16} aria-hidden="true" /> Save
        </SaveLink>
      </Modal>
    </>
  );
}

function Video({ media }: { media: Media }) {
  const link = useMediaLink(media);
  const playback = usePlayback<HTMLVideoElement>(link);
  const poster = media.thumbnail ? link.thumbnail : undefined;
  if (media.animated)
    return (
      <video
        className={classes.video}
        style={shape(media)}
        {...playback}
        poster={poster}
        autoPlay
        loop
        muted
        playsInline
      />
    );
  return (
    <video
      className={classes.video}
      style={shape(media)}
      {...playback}
      poster={poster}
      controls
      preload="none"
      playsInline
    />
  );
}

function Document({ media }: { media: Media }) {
  return (
    <SaveLink className={classes.document} media={media} name={media.name || "file"}>
      <IconFile size={26} stroke={1.6} aria-hidden="true" />
      <span>
        <b>{media.name || "File"}</b>
        <small>
          {[fileSize(media.size), media.pages ? `${media.pages} pages` : ""].filter(Boolean).join(" · ")}
        </small>
      </span>
      <IconDownload size={18} aria-hidden="true" />
    </SaveLink>
  );
}

/** A file that isn't here (yet). */
function Absent({ message, media }: Props) {
  const download = useDownload();
  const name = media.name || kindName(message.kind);
  const visual = message.kind === "image" || message.kind === "video";
  const link = useMediaLink(visual && media.thumbnail ? media : {});
  const ended = media.state && !["waiting", "downloading", "offered", "view_once"].includes(media.state);
  const again = media.state === "failed" || media.state === "gone" || media.state === "expired";
  return (
    <div
      className={classes.absent}
      data-visual={visual || undefined}
      style={visual ? shape(media) : undefined}
    >
      {link.thumbnail && <img className={classes.blurred} src={link.thumbnail} alt="" onError={link.renew} />}
      <div className={classes.state} role="status">
        {media.state === "waiting" && <IconClock size={20} aria-hidden="true" />}
        {media.state === "downloading" && (
          <RingProgress
            size={34}
            thickness={4}
            roundCaps
            sections={[{ value: Math.max(media.percent ?? 0, 3), color: "bud" }]}
            aria-hidden="true"
          />
        )}
        {media.state === "view_once" && <IconEyeOff size={20} aria-hidden="true" />}
        {ended && <IconFileOff size={20} aria-hidden="true" />}
        <b>{name}</b>
        <span>
          {media.state === "waiting" && !media.note && "Waits to be downloaded"}
          {media.state === "downloading" && `Downloading… ${media.percent ?? 0} %`}
          {media.state === "offered" && (fileSize(media.size) || "Not fetched yet")}
          {media.note}
        </span>
        {(media.state === "offered" || (again && message.author !== "user")) && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconDownload size={14} />}
            loading={download.isPending}
            onClick={() => download.mutate(message)}
          >
            {media.state === "offered" ? "Download" : "Try again"}
          </Button>
        )}
        {download.isError && <span role="alert">{download.error.message}</span>}
      </div>
    </div>
  );
}
