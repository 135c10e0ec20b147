import { ActionIcon } from "@mantine/core";
import { IconFile, IconX } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { fileSize } from "@/lib/format";
import classes from "./attachment.module.css";

interface Props {
  file: File;
  onRemove: () => void;
}

/** A file that goes with the next message. */
export function Attachment({ file, onRemove }: Props) {
  const [picture, setPicture] = useState<string>();
  useEffect(() => {
    if (!/^image\/(jpeg|png|webp|gif)$/.test(file.type)) return;
    const url = URL.createObjectURL(file);
    setPicture(url);
    return () => URL.revokeObjectURL(url);
  }, [file]);
  return (
    <li className={classes.attachment}>
      {picture ? <img src={picture} alt="" /> : <IconFile size={30} stroke={1.5} aria-hidden="true" />}
      <span>
        <b>{file.name}</b>
        <small>{fileSize(file.size)}</small>
      </span>
      <ActionIcon variant="subtle" color="gray" onClick={onRemove} aria-label={`Don't send ${file.name}`}>
        <IconX size={16} />
      </ActionIcon>
    </li>
  );
}
