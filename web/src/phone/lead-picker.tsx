import { Avatar } from "@/components/common/avatar";
import { phoneNumber } from "@/lib/phone";
import type { Person } from "./api";
import classes from "./lead-picker.module.css";

interface Props {
  leads: Person[];
  chosen: Person | undefined;
  onChoose: (number: string) => void;
}

/** Whose phone to hold. */
export function LeadPicker({ leads, chosen, onChoose }: Props) {
  return (
    <section aria-label="Leads">
      <h2 className={classes.title}>Whose phone?</h2>
      <ul className={classes.list}>
        {leads.map((lead) => (
          <li key={lead.number}>
            <button
              type="button"
              className={classes.lead}
              aria-pressed={lead.number === chosen?.number}
              onClick={() => onChoose(lead.number)}
            >
              <Avatar id={lead.number} name={lead.name} size={38} />
              <span className={classes.text}>
                <span className={classes.name}>{lead.name || "No name"}</span>
                <span className={classes.number}>{phoneNumber(lead.number)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
