import { Modal, type ModalProps } from "@mantine/core";
import { type ReactNode, useRef } from "react";
import type { Seat } from "@/api/types";

interface Props extends Omit<ModalProps, "opened" | "title" | "children"> {
  /** The seat that it is about; without one it is closed. */
  seat: Seat | undefined;
  /** What it is about, such as "Proxy of". */
  title: string;
  children: (seat: Seat) => ReactNode;
}

/** A dialog about a seat. While it goes away it still shows the seat that it was about. */
export function SeatDialog({ seat, title, children, ...modal }: Props) {
  const last = useRef(seat);
  last.current = seat ?? last.current;
  return (
    <Modal opened={seat !== undefined} title={last.current && `${title} ${last.current.name}`} {...modal}>
      {last.current && children(last.current)}
    </Modal>
  );
}
