import { notifications } from "@mantine/notifications";
import type { MouseEvent, ReactNode } from "react";
import { sentenceOf } from "@/api/problem";
import type { Media } from "@/api/types";
import { useMediaLink } from "@/services/media-links";

interface Props {
  media: Media;
  /** What the file is called on the disk. */
  name: string;
  className?: string;
  children: ReactNode;
}

/** A link that saves a file, with an address that is good when it is clicked. */
export function SaveLink({ media, name, className, children }: Props) {
  const link = useMediaLink(media);
  const save = async (event: MouseEvent) => {
    event.preventDefault();
    try {
      const { url } = await link.fresh();
      const anchor = document.createElement("a");
      anchor.href = url;
      anchor.download = name;
      anchor.click();
    } catch (problem) {
      notifications.show({ color: "red", message: sentenceOf(problem) });
    }
  };
  return (
    <a className={className} href={link.url} download={name} onClick={(event) => void save(event)}>
      {children}
    </a>
  );
}
