import { Button, Skeleton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDeviceMobilePlus, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { sentenceOf } from "@/api/problem";
import type { Seat } from "@/api/types";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { EmptyState } from "@/components/common/empty-state";
import { Page } from "@/components/common/page";
import { ProblemNotice } from "@/components/common/problem-notice";
import { NameDialog } from "@/components/seats/name-dialog";
import { PairDialog } from "@/components/seats/pair-dialog";
import { PresenceDialog } from "@/components/seats/presence-dialog";
import { ProxyDialog } from "@/components/seats/proxy-dialog";
import { SeatCard } from "@/components/seats/seat-card";
import type { SeatCommand } from "@/components/seats/seat-menu";
import { SendingDialog } from "@/components/seats/sending-dialog";
import {
  type SeatAction,
  seatsQuery,
  useAnswerPasskey,
  useConfirmPasskey,
  useCreateSeat,
  useRemoveSeat,
  useRenameSeat,
  useSeatAction,
  useSetProxy,
} from "@/services/seats";
import { statusQuery } from "@/services/session";
import classes from "./seats.module.css";

type SeatDialog = "rename" | "sending" | "presence" | "proxy" | "remove" | "stop";
type Dialog = { kind: "add" } | { kind: SeatDialog; seat: Seat } | null;

/** All seats. The address tells whether one of them is being paired. */
export function SeatsPage({ pairing }: { pairing?: string }) {
  const seats = useQuery(seatsQuery);
  const answers = useQuery(statusQuery).data?.assistant.configured ?? false;
  const [dialog, setDialog] = useState<Dialog>(null);
  const [, navigate] = useLocation();
  const act = useSeatAction();
  const answer = useAnswerPasskey();
  const confirm = useConfirmPasskey();
  const linking = [act, answer, confirm];
  const paired = seats.data?.find((seat) => seat.id === pairing);

  const run = (seat: Seat, action: SeatAction) =>
    act.mutate(
      { seat: seat.id, action },
      {
        onError: (error) =>
          notifications.show({ color: "red", title: seat.name, message: sentenceOf(error) }),
      },
    );
  const command = (seat: Seat, what: SeatCommand) => {
    if (
      what === "rename" ||
      what === "sending" ||
      what === "presence" ||
      what === "proxy" ||
      what === "remove"
    )
      return setDialog({ kind: what, seat });
    if (what === "stop") return seat.linked ? setDialog({ kind: "stop", seat }) : run(seat, "stop");
    if (what === "pair" || what === "show-code") navigate(`/seats/${seat.id}/pair`);
    if (what !== "show-code") run(seat, what);
  };
  const add = (
    <Button leftSection={<IconPlus size={18} />} onClick={() => setDialog({ kind: "add" })}>
      Add seat
    </Button>
  );

  return (
    <Page
      title="Seats"
      lead="A seat is a WhatsApp number of your agency. Each one is linked like WhatsApp Web."
      action={seats.data && seats.data.length > 0 && add}
    >
      {seats.isLoadingError && <ProblemNotice error={seats.error} onRetry={() => void seats.refetch()} />}
      {seats.isPending && <Waiting />}
      {seats.data?.length === 0 && (
        <EmptyState
          icon={<IconDeviceMobilePlus size={30} stroke={1.6} />}
          title="Add your first seat"
          action={add}
        >
          Give it a name and scan a QR code with the phone that has the number. What leads write then arrives
          here{answers && ", and the assistant answers first"}. The phone keeps working as before.
        </EmptyState>
      )}
      {seats.data && (
        <div className={classes.grid}>
          {seats.data.map((seat) => (
            <SeatCard
              key={seat.id}
              seat={seat}
              busy={act.isPending && act.variables.seat === seat.id}
              onCommand={(what) => command(seat, what)}
            />
          ))}
        </div>
      )}
      <Dialogs dialog={dialog} onClose={() => setDialog(null)} onAdded={(seat) => command(seat, "pair")} />
      <PairDialog
        seat={paired}
        busy={linking.some(({ isPending }) => isPending)}
        error={linking.find(({ error }) => error)?.error}
        onStart={(phone, started) =>
          paired &&
          act.mutate(
            { seat: paired.id, action: paired.linked ? "start" : "pair", phone },
            { onSuccess: started },
          )
        }
        onPasskey={(signed) => paired && answer.mutate({ seat: paired.id, answer: signed })}
        onConfirm={() => paired && confirm.mutate(paired.id)}
        onClose={() => {
          for (const mutation of linking) mutation.reset();
          navigate("/seats");
        }}
      />
    </Page>
  );
}

function Waiting() {
  return (
    <div className={classes.grid} aria-busy="true">
      {[0, 1, 2].map((n) => (
        <Skeleton key={n} height={204} radius={18} />
      ))}
    </div>
  );
}

function Dialogs({
  dialog,
  onClose,
  onAdded,
}: {
  dialog: Dialog;
  onClose: () => void;
  onAdded: (seat: Seat) => void;
}) {
  const create = useCreateSeat();
  const rename = useRenameSeat();
  const remove = useRemoveSeat();
  const proxy = useSetProxy();
  const act = useSeatAction();
  const close = () => {
    for (const mutation of [create, rename, remove, proxy, act]) mutation.reset();
    onClose();
  };
  const seat = dialog && "seat" in dialog ? dialog.seat : undefined;
  const added = (made: Seat) => {
    close();
    onAdded(made);
  };
  return (
    <>
      <NameDialog
        opened={dialog?.kind === "add"}
        title="Add a seat"
        description="What your agency calls this number. You link the phone in the next step."
        submit="Continue"
        busy={create.isPending}
        error={create.error}
        onSubmit={(name) => create.mutate(name, { onSuccess: added })}
        onClose={close}
      />
      <NameDialog
        opened={dialog?.kind === "rename"}
        title="Rename the seat"
        description="Leads don't see this name."
        submit="Save"
        initial={seat?.name}
        busy={rename.isPending}
        error={rename.error}
        onSubmit={(name) => seat && rename.mutate({ seat: seat.id, name }, { onSuccess: close })}
        onClose={close}
      />
      <SendingDialog seat={dialog?.kind === "sending" ? seat : undefined} onClose={close} />
      <PresenceDialog seat={dialog?.kind === "presence" ? seat : undefined} onClose={close} />
      <ProxyDialog
        seat={dialog?.kind === "proxy" ? seat : undefined}
        busy={proxy.isPending}
        error={proxy.error}
        onSubmit={(url) => seat && proxy.mutate({ seat: seat.id, url }, { onSuccess: close })}
        onClose={close}
      />
      <ConfirmDialog
        opened={dialog?.kind === "stop"}
        title={`Stop ${seat?.name ?? "the seat"}?`}
        confirm="Stop"
        busy={act.isPending}
        error={act.error}
        onConfirm={() => seat && act.mutate({ seat: seat.id, action: "stop" }, { onSuccess: close })}
        onClose={close}
      >
        It goes offline: no messages arrive and none are sent until you start it again. The phone stays
        linked, and what leads write meanwhile arrives when it starts.
      </ConfirmDialog>
      <ConfirmDialog
        opened={dialog?.kind === "remove"}
        title={`Remove ${seat?.name ?? "the seat"}?`}
        confirm="Remove the seat"
        danger
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => seat && remove.mutate(seat.id, { onSuccess: close })}
        onClose={close}
      >
        Aibud is unlinked from the phone: it disappears from the phone's linked devices, and messages no
        longer arrive here. What still waits to be sent, also messages for later, is not sent. The
        conversations up to now stay readable here, and the chats on the phone are not touched. You can pair
        the number again at any time, with a new seat.
      </ConfirmDialog>
    </>
  );
}
