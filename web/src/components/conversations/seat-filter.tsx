import { Button, Menu } from "@mantine/core";
import { IconCheck, IconFilter } from "@tabler/icons-react";
import type { Seat } from "@/api/types";

interface Props {
  seats: Seat[];
  seat: string | undefined;
  onChange: (seat: string | undefined) => void;
}

/** Narrows the list to one seat. */
export function SeatFilter({ seats, seat, onChange }: Props) {
  if (seats.length < 2 && !seat) return null;
  const chosen = seats.find((one) => one.id === seat);
  const item = (id: string | undefined, name: string) => (
    <Menu.Item
      key={id ?? ""}
      onClick={() => onChange(id)}
      rightSection={id === seat && <IconCheck size={16} aria-label="chosen" />}
    >
      {name}
    </Menu.Item>
  );
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <Button
          size="xs"
          variant={seat ? "light" : "default"}
          leftSection={<IconFilter size={14} />}
          maw={180}
        >
          <span className="visually-hidden">Filter:</span>
          {chosen?.name ?? "All seats"}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {item(undefined, "All seats")}
        <Menu.Divider />
        {seats.map((one) => item(one.id, one.name))}
      </Menu.Dropdown>
    </Menu>
  );
}
