import { Button, Menu } from "@mantine/core";
import { IconCheck, IconFilter } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Label, Seat } from "@/api/types";
import type { ConversationFilter } from "@/lib/conversation-filter";
import { labelColor } from "@/lib/label-colors";
import { labelsQuery } from "@/services/conversations";
import classes from "./list-filter.module.css";

interface Props {
  seats: Seat[];
  filter: ConversationFilter;
  onChange: (filter: ConversationFilter) => void;
}

/** Narrows the list to one seat, and to one of its labels. */
export function ListFilter({ seats, filter, onChange }: Props) {
  const several = seats.length > 1;
  const { seat, label } = filter;
  const shown = seat ?? (several ? undefined : seats[0]?.id);
  const labels = useQuery(labelsQuery(shown)).data ?? [];
  if (!several && labels.length === 0 && !seat && !label) return null;
  const chosenSeat = seats.find((one) => one.id === seat);
  const chosenLabel = labels.find((one) => one.id === label);
  return (
    <Menu position="bottom-end" width={250}>
      <Menu.Target>
        <Button
          size="xs"
          variant={seat || label ? "light" : "default"}
          leftSection={chosenLabel ? <Dot label={chosenLabel} /> : <IconFilter size={14} />}
          className={classes.button}
        >
          <span className="visually-hidden">Filter:</span>
          <span className={classes.chosen}>
            {chosenLabel?.name ?? chosenSeat?.name ?? (several ? "All seats" : "All")}
          </span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={classes.dropdown}>
        {several && (
          <>
            <Choice chosen={!seat} onChoose={() => onChange({})}>
              All seats
            </Choice>
            {seats.map((one) => (
              <Choice key={one.id} chosen={one.id === seat} onChoose={() => onChange({ seat: one.id })}>
                {one.name}
              </Choice>
            ))}
            <Menu.Divider />
            <Menu.Label>{shown ? "Labels" : "Choose a seat to filter by its labels"}</Menu.Label>
          </>
        )}
        {shown && labels.length === 0 && <p className={classes.none}>No labels on this seat's phone</p>}
        {shown && (labels.length > 0 || label) && (
          <Choice chosen={!label} onChoose={() => onChange({ seat })}>
            {several ? "Any label or none" : "All conversations"}
          </Choice>
        )}
        {labels.map((one) => (
          <Choice
            key={one.id}
            chosen={one.id === label}
            mark={<Dot label={one} />}
            onChoose={() => onChange({ seat, label: one.id })}
          >
            {one.name}
          </Choice>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface ChoiceProps {
  chosen: boolean;
  mark?: ReactNode;
  onChoose: () => void;
  children: ReactNode;
}

function Choice({ chosen, mark, onChoose, children }: ChoiceProps) {
  return (
    <Menu.RadioItem
      value=""
      checked={chosen}
      onChange={onChoose}
      closeMenuOnClick
      checkIcon={<IconCheck size={15} />}
      classNames={{ itemLabel: classes.name }}
    >
      {mark}
      {children}
    </Menu.RadioItem>
  );
}

function Dot({ label }: { label: Label }) {
  return <span className={classes.dot} style={{ background: labelColor(label.color) }} aria-hidden="true" />;
}
