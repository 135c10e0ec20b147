// The dialogs of a seat and of a thread: each fits the screen, wide and narrow,
// and works with assistive technology.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { found, lead, seatNumber, signIn, startAgency } from "./agency.mjs";
import { accessible, keep, launch, phone, readQR, signedOut, visit, wide } from "./browser.mjs";
import { program, until } from "./processes.mjs";

const guarded = "27825550143";

let browser;
let world;
before(async () => {
  world = await startAgency(program());
  browser = await launch();
  await world.phones.add(guarded, "Baobab Rentals");
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  await world.phones.guard(guarded, {
    credential_id: Buffer.from("a passkey").toString("base64"),
    public_key: publicKey.export({ format: "der", type: "spki" }).toString("base64"),
  });
  const first = await found(browser, world);
  await world.phones.send(lead, seatNumber, "Is the flat still free?");
  first.check();
  await first.close();
});
after(async () => {
  await browser?.close();
  await world?.stop();
});

/** Fails if the dialog is wider than the screen, or hides anything beside it. */
async function fits(page, viewport, what) {
  await accessible(page, what);
  await keep(page, `dialog-${what.replaceAll(" ", "-")}-${viewport === phone ? "phone" : "wide"}`);
  const dialog = page.getByRole("dialog");
  const box = await dialog.boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= viewport.width, `${what} is on the screen`);
  const hidden = await dialog.evaluate((root) =>
    [root, ...root.querySelectorAll(":not([aria-hidden] *, [aria-hidden])")]
      .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1)
      .filter((one) => ["hidden", "clip", "visible"].includes(getComputedStyle(one).overflowX))
      .map((one) => one.outerHTML.slice(0, 160)),
  );
  assert.deepEqual(hidden, [], `${what} hides nothing`);
}

for (const [name, viewport] of Object.entries({ wide, phone })) {
  describe(`on a ${name} screen`, () => {
    let visitor;
    let page;
    before(async () => {
      visitor = await visit(browser, world.url, viewport, { expected: [signedOut] });
      page = visitor.page;
      await page.goto("/seats");
      await signIn(page);
      await page.getByRole("button", { name: "More for Sales" }).waitFor();
    });
    after(async () => {
      visitor.check();
      await visitor.close();
    });
    const close = async () => {
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    };

    for (const item of ["Rename", "Sending", "Presence", "Proxy"]) {
      test(item, async () => {
        await page.getByRole("button", { name: "More for Sales" }).click();
        await page.getByRole("menuitem", { name: item }).click();
        await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).waitFor();
        await fits(page, viewport, item.toLowerCase());
        await close();
      });
    }

    test("linking by code", async () => {
      await page.getByRole("button", { name: "Add seat" }).click();
      await page.getByRole("dialog").getByLabel("Name").fill(`Rentals, ${name}`);
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByRole("img", { name: "QR code to scan with WhatsApp" }).waitFor();
      await fits(page, viewport, "QR code");
      await page.getByRole("button", { name: "Link with the phone number instead" }).click();
      await fits(page, viewport, "number to link");
      await page.getByRole("dialog").getByRole("textbox").fill("082 555 0143");
      await page.keyboard.press("Enter");
      await page.getByLabel("Code to type into the phone").waitFor();
      await fits(page, viewport, "code to type");
      await page.getByRole("button", { name: "Scan a QR code instead" }).click();
      const qr = await until("the QR code can be read", 15_000, () => readQR(page));
      // It answers once the passkey was proved, which here it never is.
      const scanned = world.phones.scan(guarded, qr).catch((error) => error);
      await page.getByRole("button", { name: "Use my passkey" }).waitFor();
      await fits(page, viewport, "passkey");
      await page.getByLabel("The passkey's answer").fill("nothing");
      await page.getByRole("button", { name: "Send the answer" }).click();
      await page.getByText("That is not a passkey's answer").waitFor();
      await fits(page, viewport, "passkey refused");
      await close();
      await page.getByRole("button", { name: `More for Rentals, ${name}` }).click();
      await page.getByRole("menuitem", { name: "Remove" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
      await page.getByRole("button", { name: `More for Rentals, ${name}` }).waitFor({ state: "detached" });
      assert.ok((await scanned) instanceof Error);
    });

    test("sending later", async () => {
      await page.goto("/conversations");
      await page.getByRole("link", { name: /Naledi Khumalo/ }).click();
      await page.getByRole("textbox", { name: "Message" }).fill("Shall we meet there?");
      await page.getByRole("button", { name: "Send later" }).click();
      await page.getByRole("dialog").waitFor();
      await fits(page, viewport, "schedule");
      await close();
      await page.getByRole("textbox", { name: "Message" }).fill("");
    });
  });
}
