import { ActionIcon, Menu } from "@mantine/core";
import {
  IconDots,
  IconEye,
  IconGauge,
  IconPencil,
  IconPlayerStop,
  IconShield,
  IconTrash,
} from "@tabler/icons-react";
import type { Seat } from "@/api/types";
import { canStop } from "@/lib/seat-state";

/** What a person asks of a seat. */
export type SeatCommand =
  | "pair"
  | "show-code"
  | "start"
  | "stop"
  | "rename"
  | "sending"
  | "presence"
  | "proxy"
  | "remove";

/** The rarer commands of a seat. */
export function SeatMenu({ seat, onCommand }: { seat: Seat; onCommand: (command: SeatCommand) => void }) {
  return (
    <Menu position="bottom-end" width={190}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`More for ${seat.name}`}>
          <IconDots size={19} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => onCommand("rename")}>
          Rename
        </Menu.Item>
        <Menu.Item leftSection={<IconGauge size={16} />} onClick={() => onCommand("sending")}>
          Sending
        </Menu.Item>
        <Menu.Item leftSection={<IconEye size={16} />} onClick={() => onCommand("presence")}>
          Presence
        </Menu.Item>
        <Menu.Item leftSection={<IconShield size={16} />} onClick={() => onCommand("proxy")}>
          Proxy
        </Menu.Item>
        {canStop(seat) && (
          <Menu.Item leftSection={<IconPlayerStop size={16} />} onClick={() => onCommand("stop")}>
            {seat.linked ? "Stop" : "Cancel pairing"}
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Item leftSection={<IconTrash size={16} />} onClick={() => onCommand("remove")} c="var(--bad)">
          Remove
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
