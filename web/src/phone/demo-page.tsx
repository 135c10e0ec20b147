import { Anchor, Skeleton } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import { Logo } from "@/components/common/logo";
import { ProblemNotice } from "@/components/common/problem-notice";
import { stateQuery } from "./api";
import classes from "./demo-page.module.css";
import { LeadPicker } from "./lead-picker";
import { Phone } from "./phone";
import { Scanner } from "./scanner";

/** Plays the phone of a lead: whose phone it is and which chat is open stand in the address. */
export function DemoPage() {
  const [search, setSearch] = useSearchParams();
  const state = useQuery(stateQuery);
  const leads = state.data?.leads ?? [];
  const lead = leads.find((one) => one.number === search.get("lead")) ?? leads[0];
  const seats = (state.data?.seats ?? []).filter((seat) => seat.phone !== "");
  const open = seats.find((seat) => seat.phone === search.get("with"));

  return (
    <div className={classes.page}>
      <aside className={classes.side}>
        <header className={classes.head}>
          <Logo />
          <h1 className={classes.title}>Demo phone</h1>
        </header>
        <p className={classes.lead}>
          You hold the phone of a lead. Write to a seat and watch the message arrive in the dashboard.
          Everything stays on this machine: nothing reaches the real WhatsApp.
        </p>
        <Anchor href="/conversations" target="aibud-dashboard" className={classes.link}>
          Open the dashboard beside it <IconExternalLink size={15} aria-hidden="true" />
        </Anchor>
        {state.isError && <ProblemNotice error={state.error} />}
        {state.isPending && <Skeleton height={220} radius={18} />}
        <LeadPicker leads={leads} chosen={lead} onChoose={(number) => setSearch({ lead: number })} />
        {state.data && <Scanner seats={state.data.seats} spare={state.data.spare} />}
      </aside>
      <main className={classes.stage}>
        {lead && (
          <Phone
            key={lead.number}
            lead={lead}
            seats={seats}
            open={open}
            onOpen={(seat) =>
              setSearch(seat ? { lead: lead.number, with: seat.phone } : { lead: lead.number })
            }
          />
        )}
      </main>
    </div>
  );
}
