import { Fragment, type ReactNode, useMemo } from "react";
import { type Part, richText } from "@/lib/rich-text";
import classes from "./rich-text.module.css";

/** A message's text with WhatsApp's styles and with links that can be followed. */
export function RichText({ text }: { text: string }) {
  const parts = useMemo(() => richText(text), [text]);
  return show(parts);
}

/** The parts of a text never change their places, so their places name them. */
function show(parts: Part[]): ReactNode {
  return parts.map((part, place) => <Fragment key={place.toString()}>{element(part)}</Fragment>);
}

function element(part: Part): ReactNode {
  if (typeof part === "string") return part;
  switch (part.kind) {
    case "link":
      return (
        <a className={classes.link} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
          {part.text}
        </a>
      );
    case "mono":
      return <code className={classes.mono}>{part.text}</code>;
    case "bold":
      return <strong>{show(part.parts)}</strong>;
    case "italic":
      return <em>{show(part.parts)}</em>;
    case "strike":
      return <s>{show(part.parts)}</s>;
  }
}
