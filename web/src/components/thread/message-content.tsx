import {
  IconBan,
  IconChartBar,
  IconClockHour4,
  IconEyeOff,
  IconFile,
  IconMapPin,
  IconMicrophone,
  IconMovie,
  IconMusic,
  IconPhone,
  IconPhoto,
  IconQuestionMark,
  IconSticker,
  IconUser,
} from "@tabler/icons-react";
import type { Message } from "@/api/types";
import { RichText } from "@/components/common/rich-text";
import { MediaContent } from "@/components/media/media-content";
import { isLost, kindName, onPhoneOnly, placeholderOf } from "@/lib/message-kind";
import { numberOf } from "@/lib/vcard";
import { AskAgain } from "./ask-again";
import bubble from "./bubble.module.css";
import classes from "./message-content.module.css";

const pictures: Record<string, typeof IconPhoto> = {
  image: IconPhoto,
  video: IconMovie,
  audio: IconMusic,
  voice: IconMicrophone,
  document: IconFile,
  sticker: IconSticker,
  location: IconMapPin,
  contact: IconUser,
  poll: IconChartBar,
  call: IconPhone,
  waiting: IconClockHour4,
};

/** What a message says, with what it answers above it. */
export function MessageContent({ message }: { message: Message }) {
  if (message.revoked_at || message.deleted_at)
    return (
      <span className={bubble.kind}>
        <IconBan size={17} stroke={1.8} aria-hidden="true" />
        This message was deleted
      </span>
    );
  return (
    <>
      {(message.content?.forwarded ?? 0) > 0 && <span className={classes.forwarded}>Forwarded</span>}
      <Quote message={message} />
      <Body message={message} />
    </>
  );
}

function Quote({ message }: { message: Message }) {
  const quote = message.content?.quote;
  if (!quote) return null;
  return <blockquote className={classes.quote}>{quote.text || kindName(quote.kind || "unknown")}</blockquote>;
}

function Body({ message }: { message: Message }) {
  const { content, kind } = message;
  if (kind === "text") return <Text text={message.text} />;
  if (content?.media?.state) {
    const named = kind === "document" && message.text === content.media.name;
    return (
      <>
        <MediaContent message={message} media={content.media} />
        {!named && <Text text={message.text} />}
      </>
    );
  }
  if (content?.poll) return <Poll message={message} options={content.poll.options} />;
  if (content?.location) return <Place message={message} />;
  if (content?.cards?.length) return <Cards cards={content.cards} />;
  const once = onPhoneOnly(message);
  const Picture = once ? IconEyeOff : (pictures[kind] ?? IconQuestionMark);
  return (
    <>
      <span className={bubble.kind}>
        <Picture size={17} stroke={1.8} aria-hidden="true" />
        {placeholderOf(message)}
      </span>
      <Text text={message.text} />
      {kind === "waiting" && !once && !isLost(message) && <AskAgain message={message} />}
    </>
  );
}

function Text({ text }: { text: string }) {
  if (!text) return null;
  return (
    <span className={bubble.text}>
      <RichText text={text} />
    </span>
  );
}

/** The options of a poll, each with how many have chosen it. */
function Poll({ message, options }: { message: Message; options: string[] }) {
  const ballots = message.ballots ?? [];
  const votes = (option: string) => ballots.filter((ballot) => ballot.options.includes(option)).length;
  const most = Math.max(1, ...options.map(votes));
  return (
    <div className={classes.poll}>
      <strong>{message.text}</strong>
      <ul>
        {options.map((option) => (
          <li key={option}>
            <span className={classes.option}>
              <span>{option}</span>
              <span>{votes(option)}</span>
            </span>
            <span className={classes.bar} aria-hidden="true">
              <span style={{ width: `${(100 * votes(option)) / most}%` }} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A place, with a way to a map that opens only when asked for. */
function Place({ message }: { message: Message }) {
  const place = message.content?.location;
  if (!place) return null;
  const at = `${place.latitude},${place.longitude}`;
  return (
    <a
      className={classes.place}
      href={`https://www.openstreetmap.org/?mlat=${place.latitude}&mlon=${place.longitude}#map=16/${place.latitude}/${place.longitude}`}
      target="_blank"
      rel="noreferrer"
    >
      <IconMapPin size={20} stroke={1.8} aria-hidden="true" />
      <span>
        <strong>{place.name || (place.live ? "Live location" : "Location")}</strong>
        <small>{place.address || at}</small>
      </span>
    </a>
  );
}

function Cards({ cards }: { cards: { name: string; vcard: string }[] }) {
  return (
    <ul className={classes.cards}>
      {cards.map((card) => (
        <li key={card.name + card.vcard}>
          <IconUser size={20} stroke={1.8} aria-hidden="true" />
          <span>
            <strong>{card.name}</strong>
            <small>{numberOf(card.vcard)}</small>
          </span>
        </li>
      ))}
    </ul>
  );
}
