import classes from "./pairing-steps.module.css";

/** What to do on the phone, step by step. */
export function PairingSteps({ byCode = false }: { byCode?: boolean }) {
  return (
    <div className={classes.box}>
      <h3 className={classes.title}>On the phone</h3>
      <ol className={classes.steps}>
        <li>
          Open <b>WhatsApp</b> or <b>WhatsApp Business</b>.
        </li>
        <li>
          On Android tap the menu <b>⋮</b>, on an iPhone tap <b>Settings</b>.
        </li>
        <li>
          Tap <b>Linked devices</b>, then <b>Link a device</b>.
        </li>
        {byCode ? (
          <li>
            Tap <b>Link with phone number instead</b> and type the code.
          </li>
        ) : (
          <li>Point the camera at the code.</li>
        )}
      </ol>
      <p className={classes.note}>
        The phone stays in charge: there you see “Aibud” among the linked devices and can unlink it at any
        time.
      </p>
    </div>
  );
}
